import { readFileSync } from 'node:fs';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { resolve } from 'node:path';
import { Controller, Get, type INestApplication } from '@nestjs/common';
import { APP_FILTER } from '@nestjs/core';
import { TerminusModule } from '@nestjs/terminus';
import { Test } from '@nestjs/testing';
import { marketReport } from '../../test/support/market-report';
import { servicesReport } from '../../test/support/services-report';
import { LOGGER } from '../config/log.module';
import type { ServicesReport } from '../services/services-report';
import { Health } from './health';
import { HealthController } from './health.controller';
import { HttpErrorFilter } from './http-error-filter';
import { OwnPages, Pages } from './pages';
import { ProbesController } from './probes.controller';
import { Readiness } from './readiness';
import { RootController } from './root.controller';
import { StatsController } from './stats.controller';

@Controller('broken')
class BrokenController {
  @Get()
  fail(): void {
    throw new Error('secret inside');
  }
}

const well = () => ({
  draining: false,
  full: false,
  healthy: true,
  stale: false,
  report: marketReport(),
  services: undefined as ServicesReport | undefined,
});
const state = well();
const STATS = {
  connections: {
    active_connections: 0,
    total_connections_lifetime: 0,
    total_messages_sent: 0,
    avg_subscriptions_per_client: 0,
    max_limit: 1,
  },
  upstream: { running: true, clients: {} },
  pubsub: { total_subscriptions: 0, active_channels: 0 },
};
const logged: object[] = [];
const readiness = new Readiness(state, state);
let app: INestApplication;
let base: string;

beforeAll(async () => {
  const health = new Health({
    sessions: { active: 4 },
    pubsub: {
      healthy: () => state.healthy,
      marketStatus: (market) => (state.stale ? { market, state: 'stale', reason: 'upstream disconnected', since: 1 } : undefined),
    },
    upstream: { report: () => [state.report] },
    get services() {
      const { services } = state;
      return services && { report: () => services };
    },
    now: () => 1_700_000_000_000,
  });
  const module = await Test.createTestingModule({
    imports: [TerminusModule.forRoot({ logger: false })],
    controllers: [RootController, ProbesController, HealthController, StatsController, BrokenController],
    providers: [
      { provide: APP_FILTER, useClass: HttpErrorFilter },
      { provide: LOGGER, useValue: { error: (fields: object) => logged.push(fields) } },
      { provide: Pages, useValue: new OwnPages({ health, stats: { read: () => STATS }, readiness }) },
    ],
  }).compile();
  app = module.createNestApplication();
  await app.listen(0, '127.0.0.1');
  base = `http://127.0.0.1:${((app.getHttpServer() as Server).address() as AddressInfo).port}`;
});

beforeEach(() => {
  Object.assign(state, well());
  readiness.started = true;
  logged.length = 0;
});

afterAll(() => app.close());

async function call(path: string, init?: RequestInit) {
  const answer = await fetch(`${base}${path}`, init);
  return { status: answer.status, headers: answer.headers, body: await answer.json() } as const;
}

describe('GET /', () => {
  it('says what this is and where things are', async () => {
    const { name, version } = JSON.parse(readFileSync(resolve(__dirname, '../../package.json'), 'utf8')) as Record<
      string,
      string
    >;
    expect(await call('/')).toMatchObject({
      status: 200,
      body: { name, version, websocket: '/ws', health: '/health', ready: '/ready', docs: '/docs/protocol.md', api: '/docs' },
    });
  });
});

describe('GET /docs/protocol.md', () => {
  it('is the protocol as the project documents it', async () => {
    const answer = await fetch(`${base}/docs/protocol.md`);
    expect([answer.status, answer.headers.get('content-type')]).toEqual([200, 'text/markdown; charset=utf-8']);
    expect(await answer.text()).toBe(readFileSync(resolve(__dirname, '../../docs/protocol.md'), 'utf8'));
  });
});

describe('GET /live and /ready', () => {
  it('are both 200 while clients can be taken', async () => {
    expect(await call('/live')).toMatchObject({ status: 200, body: { ok: true } });
    expect(await call('/ready')).toMatchObject({ status: 200, body: { ok: true } });
  });

  it.each([
    ['starting', () => (readiness.started = false)],
    ['draining', () => (state.draining = true)],
    ['full', () => (state.full = true)],
  ])('are 200 and 503 while %s', async (reason, happen) => {
    happen();
    expect(await call('/live')).toMatchObject({ status: 200, body: { ok: true } });
    expect(await call('/ready')).toMatchObject({ status: 503, body: { ok: false, reason } });
  });
});

describe('GET /health', () => {
  it("is 200 in Terminus's shape, with the flat fields beside it", async () => {
    const { status, body } = await call('/health');
    const details = {
      redis: { status: 'up', state: 'not configured' },
      pubsub_listener: { status: 'up', state: 'ok' },
      upstream: { status: 'up', markets: { futures: expect.objectContaining({ status: 'up', state: 'idle' }) as object } },
    };
    expect(status).toBe(200);
    expect(body).toEqual({
      status: 'ok',
      info: details,
      error: {},
      details,
      redis: 'not configured',
      pubsub_listener: 'ok',
      connections: 4,
    });
  });

  it('is 503 in the same shape while a market that is wanted is cut off', async () => {
    state.stale = true;
    state.report = marketReport({ wantedTopics: 1 });
    const { status, body } = await call('/health');
    const upstream = {
      status: 'down',
      markets: { futures: expect.objectContaining({ status: 'down', reason: 'upstream disconnected' }) as object },
    };
    expect(status).toBe(503);
    expect(body).toMatchObject({
      status: 'error',
      info: { redis: { status: 'up' } },
      error: { upstream },
      details: { upstream, redis: { status: 'up' } },
      redis: 'not configured',
      pubsub_listener: 'ok',
      connections: 4,
    });
    expect(logged).toEqual([]);
  });

  it('is 503 while the way from publisher to listeners is broken', async () => {
    state.healthy = false;
    expect(await call('/health')).toMatchObject({
      status: 503,
      body: { error: { pubsub_listener: { status: 'down', state: 'degraded' } }, pubsub_listener: 'degraded' },
    });
  });

  it('is 503 for what serves services alone, and 200 with it when it is well', async () => {
    state.services = servicesReport();
    expect(await call('/health')).toMatchObject({
      status: 200,
      body: { details: { services: { status: 'up', on_duty: true } } },
    });
    const store = { kind: 'postgresql', available: false, since: 1, reason: 'nobody listens there' } as const;
    state.services = servicesReport({ store });
    const { status, body } = await call('/health');
    const services = expect.objectContaining({
      status: 'down',
      store: { kind: 'postgresql', status: 'down', since: 1, reason: 'nobody listens there' },
    }) as object;
    expect(status).toBe(503);
    const { error, details } = body as Record<'error' | 'details', object>;
    expect(error).toEqual({ services });
    expect(details).toMatchObject({ services, upstream: { status: 'up' } });
  });

  it('is never cached', async () => {
    expect((await call('/health')).headers.get('cache-control')).toContain('no-store');
  });
});

describe('a request that cannot be served', () => {
  const NOT_FOUND = { error: 'Nothing is served here; GET / tells what is.', code: 'NOT_FOUND', details: null };

  it.each(['/nope', '/wss', '/health/deeper', '/docs', '/docs/../package.json'])('is 404 at %s', async (path) => {
    expect(await call(path)).toMatchObject({ status: 404, body: NOT_FOUND });
  });

  it.each(['/', '/live', '/ready', '/health', '/stats', '/ws', '/docs/protocol.md', '/Health/'])(
    'is 405 at %s with another method than GET, which it names',
    async (path) => {
      for (const method of ['POST', 'PUT', 'PATCH', 'DELETE']) {
        const { status, headers, body } = await call(path, { method });
        expect([status, headers.get('allow'), body]).toEqual([
          405,
          'GET, HEAD',
          { error: 'Only GET is served here.', code: 'METHOD_NOT_ALLOWED', details: null },
        ]);
      }
    },
  );

  it('is 426 at the WebSocket address, which says how to come back', async () => {
    const { status, headers, body } = await call('/ws');
    expect([status, headers.get('upgrade'), body]).toEqual([
      426,
      'websocket',
      {
        error: 'This is a WebSocket address; connect to it with ws:// or wss://.',
        code: 'UPGRADE_REQUIRED',
        details: { websocket: '/ws' },
      },
    ]);
  });

  it.each([
    ['an address that cannot be decoded', '/%ZZ', undefined, 404, 'NOT_FOUND'],
    ['a body that is not JSON', '/health', '{', 400, 'BAD_REQUEST'],
    ['a body that is too large', '/health', JSON.stringify('x'.repeat(200_000)), 413, 'PAYLOAD_TOO_LARGE'],
  ])('with %s has the same shape', async (_title, path, body, status, code) => {
    const init = body === undefined ? {} : { method: 'POST', body, headers: { 'Content-Type': 'application/json' } };
    const answer = await call(path, init);
    expect(answer).toMatchObject({ status, body: { code, details: null } });
    expect(Object.keys(answer.body as object)).toEqual(['error', 'code', 'details']);
  });

  it("is 500 when something of ours fails, and the inside's words go to the log only", async () => {
    const { status, body } = await call('/broken');
    expect([status, body]).toEqual([500, { error: 'Internal error; try again.', code: 'INTERNAL_ERROR', details: null }]);
    expect(logged).toEqual([{ err: expect.objectContaining({ message: 'secret inside' }) as Error, path: '/broken' }]);
  });
});
