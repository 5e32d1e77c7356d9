import { once } from 'node:events';
import { createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { MetricsPortError, MetricsServer } from './metrics-server';

const HOST = '127.0.0.1';
const running: { stop(): Promise<void> }[] = [];

afterEach(async () => {
  await Promise.all(running.splice(0).map((server) => server.stop()));
});

function serve(metrics: () => Promise<string> = () => Promise.resolve('up 1\n'), port = 0) {
  const logged: object[] = [];
  const page = { contentType: 'text/plain; version=0.0.4; charset=utf-8', metrics };
  const server = new MetricsServer({ host: HOST, port }, () => page, { error: (fields) => logged.push(fields) });
  running.push(server);
  return { server, logged };
}

describe('MetricsServer', () => {
  it('serves the page at GET /metrics, with a query or without', async () => {
    const { server } = serve();
    await server.start();
    for (const path of ['/metrics', '/metrics?name=up']) {
      const answer = await fetch(`http://${HOST}:${server.port}${path}`);
      expect([answer.status, answer.headers.get('content-type'), await answer.text()]).toEqual([
        200,
        'text/plain; version=0.0.4; charset=utf-8',
        'up 1\n',
      ]);
    }
  });

  it.each([
    ['GET', '/'],
    ['GET', '/metrics/'],
    ['GET', '/health'],
    ['POST', '/metrics'],
    ['DELETE', '/metrics'],
  ])('answers %s %s with 404 in the shape of all errors', async (method, path) => {
    const { server } = serve();
    await server.start();
    const answer = await fetch(`http://${HOST}:${server.port}${path}`, { method });
    expect([answer.status, await answer.json()]).toEqual([
      404,
      { error: 'Only GET /metrics is served here.', code: 'NOT_FOUND', details: null },
    ]);
  });

  it('answers a page that fails with 500, logs why and tells nothing of it', async () => {
    const failure = new Error('secret inside');
    const { server, logged } = serve(() => Promise.reject(failure));
    await server.start();
    const answer = await fetch(`http://${HOST}:${server.port}/metrics`);
    expect([answer.status, await answer.json()]).toEqual([
      500,
      { error: 'Internal error; try again.', code: 'INTERNAL_ERROR', details: null },
    ]);
    expect(logged).toEqual([{ err: failure }]);
  });

  it('refuses to start on a taken port and names the variable, the port and the way out', async () => {
    const taken = createServer().listen(0, HOST);
    running.push({ stop: () => new Promise((resolve) => taken.close(() => resolve())) });
    await once(taken, 'listening');
    const { port } = taken.address() as AddressInfo;
    const { server } = serve(undefined, port);
    const failure: unknown = await server.start().catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(MetricsPortError);
    expect(failure).toMatchObject({
      code: 'EADDRINUSE',
      message: `METRICS_PORT: cannot listen on ${HOST} port ${port}: something else listens there. Choose another port, or 0 for a free one.`,
    });
    await server.stop();
  });

  it('lets go of its port although a scraper keeps its connection open', async () => {
    const { server } = serve();
    await server.start();
    const { port } = server;
    const scrape = request({ host: HOST, port, path: '/metrics', agent: undefined, headers: { Connection: 'keep-alive' } }).end();
    const [response] = (await once(scrape, 'response')) as [NodeJS.ReadableStream];
    response.resume();
    await once(response, 'end');
    await server.stop();
    const next = serve(undefined, port).server;
    await next.start();
    expect(next.port).toBe(port);
  });

  it('has no port before it starts and after it stops', async () => {
    const { server } = serve();
    expect(() => server.port).toThrow('does not listen');
    await server.start();
    await server.stop();
    expect(() => server.port).toThrow('does not listen');
  });
});
