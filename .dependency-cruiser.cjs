/**
 * The import directions of docs/architecture.md. Data runs exchange -> upstream -> transform -> pubsub -> subscriptions ->
 * gateway; the two halves meet only in pubsub, so neither may import the other.
 */
const ground = ['config', 'streams', 'clock', 'meters', 'duty', 'tracing'];
const may = {
  streams: [],
  clock: [],
  meters: [],
  duty: [],
  tracing: ['config'],
  config: ['streams', 'tracing'],
  transform: ground,
  pubsub: ground,
  upstream: [...ground, 'transform', 'pubsub'],
  subscriptions: [...ground, 'pubsub'],
  gateway: [...ground, 'subscriptions', 'pubsub'],
  store: ground,
  amqp: ground,
  services: [...ground, 'upstream', 'pubsub', 'subscriptions', 'store', 'amqp'],
  api: [...ground, 'gateway', 'health', 'services'],
  health: [...ground, 'upstream', 'transform', 'pubsub', 'subscriptions', 'gateway', 'services', 'store', 'amqp'],
  metrics: [...ground, 'upstream', 'transform', 'pubsub', 'subscriptions', 'gateway', 'health', 'services', 'store', 'amqp'],
  workers: [...ground, 'upstream', 'transform', 'pubsub', 'subscriptions', 'gateway', 'health', 'metrics', 'services', 'api'],
  simulator: ['clock', 'streams'],
  demo: ['clock', 'streams'],
  fleet: ['clock', 'demo'],
};
const spec = '\\.spec\\.ts$';

/** @type {import('dependency-cruiser').IConfiguration} */
module.exports = {
  forbidden: [
    { name: 'no-cycles', severity: 'error', from: {}, to: { circular: true } },
    {
      name: 'no-orphans',
      severity: 'error',
      from: { orphan: true, path: '^src/', pathNot: `${spec}|^src/(main|leash|demo/|fleet/redis|simulator/exchange)` },
      to: {},
    },
    {
      name: 'no-dev-dependencies-in-src',
      severity: 'error',
      from: { path: '^src/', pathNot: spec },
      to: { dependencyTypes: ['npm-dev'] },
    },
    {
      name: 'src-does-not-import-test',
      severity: 'error',
      from: { path: '^src/', pathNot: spec },
      to: { path: '^(test|bench)/' },
    },
    {
      name: 'every-folder-has-directions',
      comment: 'a new folder under src must say what it may import',
      severity: 'error',
      from: { path: '^src/', pathNot: `${spec}|^src/[^/]+$|^src/(${Object.keys(may).join('|')})/` },
      to: {},
    },
    ...Object.entries(may).map(([folder, allowed]) => ({
      name: `${folder}-directions`,
      comment: `${folder} may import only: ${allowed.join(', ') || 'nothing of ours'}`,
      severity: 'error',
      from: { path: `^src/${folder}/`, pathNot: spec },
      to: { path: '^src/', pathNot: `^src/(${[folder, ...allowed].join('|')})/` },
    })),
    {
      name: 'ws-only-at-the-edges',
      severity: 'error',
      from: { path: '^src/', pathNot: `${spec}|^src/(gateway|upstream|simulator|demo)/` },
      to: { path: 'node_modules/ws/' },
    },
    {
      name: 'ioredis-only-in-its-adapter',
      severity: 'error',
      from: { path: '^src/', pathNot: `${spec}|^src/pubsub/redis/` },
      to: { path: 'node_modules/ioredis/' },
    },
    {
      name: 'amqplib-only-in-its-adapter',
      severity: 'error',
      from: { path: '^src/', pathNot: `${spec}|^src/amqp/` },
      to: { path: 'node_modules/amqplib/' },
    },
    {
      name: 'databases-only-in-the-store',
      severity: 'error',
      from: { path: '^src/', pathNot: `${spec}|^src/store/` },
      to: { path: 'node_modules/(kysely|pg|@electric-sql/pglite)/' },
    },
    {
      name: 'nest-stays-off-the-data-path',
      comment: 'classes on the data path are plain; modules build them with factories',
      severity: 'error',
      from: {
        path: '^src/(streams|clock|meters|transform|pubsub|upstream|subscriptions|gateway|store|amqp|services)/',
        pathNot: `${spec}|\\.module\\.ts$|^src/gateway/(ws-adapter|native/(native-gateway|request-error-filter|request-pipe))\\.ts$`,
      },
      to: { path: 'node_modules/@nestjs/' },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsConfig: { fileName: 'tsconfig.json' },
    tsPreCompilationDeps: true,
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'require', 'node', 'default', 'types'],
      mainFields: ['main', 'types'],
    },
  },
};
