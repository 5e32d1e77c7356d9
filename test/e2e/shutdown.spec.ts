import { once } from 'node:events';
import { connect } from 'node:net';
import { SimulatedExchange } from '../../src/simulator/simulated-exchange';
import { GatewayProcess } from '../support/gateway-process';
import { TestClient } from '../support/test-client';

describe('SIGTERM', () => {
  it('ends the process with 0 whatever hangs on its port: spare connections, half requests, clients that never read', async () => {
    const exchange = await SimulatedExchange.start({ manual: true });
    const gateway = await GatewayProcess.start({
      BYBIT_WS_URL: exchange.wsUrl,
      BYBIT_REST_URL: exchange.restUrl,
      SHUTDOWN_DRAIN_MS: '500',
    });
    const clients = await Promise.all(Array.from({ length: 5 }, () => TestClient.connect(gateway.url)));
    const deaf = await TestClient.connect(gateway.url);
    await deaf.request({ op: 'subscribe', args: ['ticker:BTCUSDT'] });
    deaf.ws.pause();
    exchange.faults.halfOpen();
    const spare = connect(gateway.port, '127.0.0.1');
    const half = connect(gateway.port, '127.0.0.1');
    await Promise.all([once(spare, 'connect'), once(half, 'connect')]);
    half.write('GET /live HT');
    for (const socket of [spare, half]) socket.on('error', () => undefined);

    expect(await gateway.stop()).toBe(0);
    const ends = await Promise.all(clients.map(({ closed }) => closed));
    expect(ends.map(({ code }) => code)).toEqual([1001, 1001, 1001, 1001, 1001]);
    const waits = new Set(ends.map(({ reason }) => /^reconnect_after_ms=(\d+)$/.exec(reason)?.[1]));
    expect(waits.has(undefined)).toBe(false);
    expect(waits.size).toBeGreaterThan(1);
    for (const socket of [spare, half]) socket.destroy();
    deaf.ws.terminate();
    await exchange.stop();
  });

  it('makes /ready say no while the clients are being sent away', async () => {
    const exchange = await SimulatedExchange.start({ manual: true });
    const gateway = await GatewayProcess.start({ BYBIT_WS_URL: exchange.wsUrl, BYBIT_REST_URL: exchange.restUrl });
    const deaf = await TestClient.connect(gateway.url);
    deaf.ws.pause();
    expect((await gateway.get('/ready')).status).toBe(200);
    const code = gateway.stop();
    await gateway.logged(({ msg }) => msg === 'tapecast drains');
    expect(await gateway.get('/ready')).toEqual({ status: 503, body: { ok: false, reason: 'draining' } });
    expect(await code).toBe(0);
    deaf.ws.terminate();
    await exchange.stop();
  });
});
