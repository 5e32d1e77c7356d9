const GET = ['GET'];
const SUBSCRIPTIONS = '/api/v1/subscriptions';

/** What is served where, beside HEAD wherever GET is. A segment `*` stands for any one. */
const METHODS: Readonly<Record<string, readonly string[]>> = {
  '/': GET,
  '/live': GET,
  '/ready': GET,
  '/health': GET,
  '/stats': GET,
  '/ws': GET,
  '/docs': GET,
  '/docs-json': GET,
  '/docs/start.js': GET,
  '/docs/swagger-ui.css': GET,
  '/docs/swagger-ui-bundle.js': GET,
  '/docs/protocol.md': GET,
  [SUBSCRIPTIONS]: ['GET', 'POST'],
  [`${SUBSCRIPTIONS}/*`]: ['GET', 'DELETE'],
  [`${SUBSCRIPTIONS}/by-service/*`]: ['DELETE'],
  '/api/v1/balances': GET,
  '/api/v1/balances/history': GET,
  '/api/v1/balances/sync': ['POST'],
  '/api/v1/symbols': GET,
  '/api/v1/streams': GET,
};
const SERVED = new Map(Object.entries(METHODS).map(([path, methods]) => [segmentsOf(path), methods]));

/** The methods that a path answers, for a request that no route has taken; undefined when the path is none of ours. */
export function allowedMethods(path: string): readonly string[] | undefined {
  const asked = segmentsOf(path);
  for (const [served, methods] of SERVED) {
    if (served.length === asked.length && served.every((segment, at) => segment === '*' || segment === asked[at])) return methods;
  }
  return undefined;
}

/** As the router sees it: without case and without a slash at the end. */
function segmentsOf(path: string): readonly string[] {
  return path.toLowerCase().replace(/\/+$/, '').split('/');
}
