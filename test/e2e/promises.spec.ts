/**
 * What gateways of this kind usually break, one test each: the simulated exchange, the built gateway as a process of its own, and
 * clients on real sockets.
 */
import { connect } from 'node:net';
import { once } from 'node:events';
import { SimulatedExchange } from '../../src/simulator/simulated-exchange';
import { GatewayProcess } from '../support/gateway-process';
import { Ledger, type DataFrame } from '../support/ledger';
import { TestClient } from '../support/test-client';

const TICKER = 'mudrex.futures.ticker.BTCUSDT';
const BOOK = 'mudrex.futures.orderbook.50.BTCUSDT';

let exchange: SimulatedExchange;
let gateway: GatewayProcess;
const clients: TestClient[] = [];

async function start(env: Readonly<Record<string, string>> = {}, manual = true): Promise<void> {
  exchange = await SimulatedExchange.start({ manual });
  gateway = await GatewayProcess.start({ BYBIT_WS_URL: exchange.wsUrl, BYBIT_REST_URL: exchange.restUrl, ...env });
}

async function client(): Promise<TestClient> {
  const opened = await TestClient.connect(gateway.url);
  clients.push(opened);
  return opened;
}

const isData =
  (stream: string) =>
  (frame: Record<string, unknown>): boolean =>
    frame['stream'] === stream && frame['op'] === undefined;

afterEach(async () => {
  for (const one of clients.splice(0)) one.ws.terminate();
  await gateway.stop();
  await exchange.stop();
});

describe('what clients are promised', () => {
  it('a ticker is whole and its price is never 0, though the exchange sends only what changed', async () => {
    await start();
    const listener = await client();
    const ledger = new Ledger();
    await listener.request({ op: 'subscribe', args: ['ticker:BTCUSDT'] });
    await exchange.whenSubscribed('linear', 'tickers.BTCUSDT');
    ledger.enter(await listener.nextWhere(isData(TICKER)));
    for (let i = 0; i < 100; i++) exchange.stir('linear', 'tickers.BTCUSDT');
    const deltas = exchange.push('linear', 'tickers.BTCUSDT', {
      topic: 'tickers.BTCUSDT',
      type: 'delta',
      data: { symbol: 'BTCUSDT', fundingRate: '0.00077' },
      cs: 1,
      ts: exchange.now(),
    });
    expect(deltas).toBe(1);
    let last: Record<string, unknown> = {};
    while (last['fundingRate'] !== '0.00077') {
      const frame = await listener.nextWhere(isData(TICKER));
      ledger.enter(frame);
      last = (frame as unknown as DataFrame).data as Record<string, unknown>;
    }
    expect(ledger.frames).toBeGreaterThan(20);
    expect(Object.keys(last).sort()).toEqual(
      [
        ...['symbol', 'price', 'markPrice', 'indexPrice', 'high24h', 'low24h', 'prevPrice24h', 'volume24h', 'turnover24h'],
        ...[
          'change24hPercent',
          'tickDirection',
          'bid',
          'ask',
          'openInterest',
          'openInterestValue',
          'fundingRate',
          'nextFundingTime',
        ],
      ].sort(),
    );
  });

  it('kline:1h delivers candles of one hour, and kline:1m of one minute', async () => {
    await start();
    const listener = await client();
    await listener.request({ op: 'subscribe', args: ['kline:1h:BTCUSDT', 'kline:1m:BTCUSDT'] });
    await exchange.whenSubscribed('linear', 'kline.60.BTCUSDT');
    await exchange.whenSubscribed('linear', 'kline.1.BTCUSDT');
    exchange.stir('linear', 'kline.60.BTCUSDT');
    exchange.stir('linear', 'kline.1.BTCUSDT');
    const spans: Record<string, number> = {};
    for (const interval of ['1h', '1m']) {
      const { data } = (await listener.nextWhere(isData(`mudrex.futures.kline.${interval}.BTCUSDT`))) as unknown as DataFrame;
      const candle = data as { interval: string; openTime: number; closeTime: number };
      spans[candle.interval] = candle.closeTime - candle.openTime + 1;
    }
    expect(spans).toEqual({ '1h': 3_600_000, '1m': 60_000 });
  });

  it('who subscribes late gets the whole state first, then exactly what follows it', async () => {
    await start();
    const [early, late] = [await client(), await client()];
    const [earlyLedger, lateLedger] = [new Ledger(), new Ledger()];
    await early.request({ op: 'subscribe', args: ['orderbook:50:BTCUSDT', 'ticker:BTCUSDT'] });
    await exchange.whenSubscribed('linear', 'orderbook.50.BTCUSDT');
    for (let i = 0; i < 50; i++) exchange.step();
    const reply = await late.request({ op: 'subscribe', args: ['orderbook:50:BTCUSDT', 'ticker:BTCUSDT'] });
    for (let i = 0; i < 50; i++) exchange.step();
    // A snapshot that nobody asked for marks the end of what both must have seen.
    exchange.faults.unsolicitedSnapshot('linear', 'orderbook.50.BTCUSDT');
    for (const [listener, ledger] of [[early, earlyLedger] as const, [late, lateLedger] as const]) {
      let snapshots = 2;
      while (snapshots > 0) {
        const frame = await listener.nextWhere((any) => any['stream'] !== undefined);
        ledger.enter(frame);
        if (isData(BOOK)(frame) && frame['type'] === 'snapshot') snapshots--;
      }
    }
    const [entry] = reply['streams'] as { seq: number }[];
    expect(entry?.seq).toBeGreaterThan(10);
    expect(lateLedger.seq(BOOK)).toBe(earlyLedger.seq(BOOK));
    expect(lateLedger.book(BOOK)).toEqual(earlyLedger.book(BOOK));
    expect(lateLedger.book(BOOK).bids).toHaveLength(50);
  });

  it('one client that stops reading holds up nobody, and is closed as too slow', async () => {
    await start({ CLIENT_QUEUE_BYTES: '65536', FANOUT_CALLBACK_TIMEOUT: '1' });
    const healthy = await Promise.all(Array.from({ length: 10 }, client));
    await Promise.all(healthy.map((one) => one.request({ op: 'subscribe', args: ['trade:BTCUSDT'] })));
    const stalled = connect(gateway.port, '127.0.0.1');
    stalled.write(
      'GET /ws HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: MDEyMzQ1Njc4OWFiY2RlZg==\r\nSec-WebSocket-Version: 13\r\n\r\n',
    );
    await once(stalled, 'readable');
    stalled.write(maskedText('{"op":"subscribe","args":["trade:BTCUSDT"]}'));
    await healthy[0]?.request({ op: 'ping' });
    const trades = Array.from({ length: 1000 }, (_, i) => ({
      ...{ T: exchange.now(), s: 'BTCUSDT', S: 'Buy', v: '0.001', p: '80000.10', L: 'PlusTick' },
      ...{ i: `00000000-0000-4000-8000-${String(i).padStart(12, '0')}`, BT: false, RPI: false, seq: i },
    }));
    const text = JSON.stringify({ topic: 'publicTrade.BTCUSDT', type: 'snapshot', ts: exchange.now(), data: trades });
    const FRAMES = 100; // 14 MB in all: more than any kernel buffers for one socket
    for (let i = 0; i < FRAMES; i++) {
      exchange.push('linear', 'publicTrade.BTCUSDT', text);
      for (const one of healthy) expect((await one.nextWhere(isData('mudrex.futures.trade.BTCUSDT')))['seq']).toBe(i + 1);
    }
    const warned = await gateway.logged(({ msg }) => msg === 'client closed as too slow');
    expect(['slow', 'stalled']).toContain(warned['why']);
    expect((await healthy[0]?.request({ op: 'ping' }))?.['op']).toBe('pong');
    stalled.destroy();
  });

  it('success is not told before the exchange agreed; what it refuses is told with its reason and harms nothing else', async () => {
    await start();
    const listener = await client();
    exchange.faults.refuseTopic('linear', 'tickers.XRPUSDT');
    const reply = await listener.request({ op: 'subscribe', args: ['ticker:BTCUSDT', 'ticker:XRPUSDT', 'ticker:ETHUSDT'] });
    expect(reply).toMatchObject({
      success: true,
      args: ['ticker:BTCUSDT', 'ticker:ETHUSDT'],
      message: "Subscribed to 2 streams. 1 rejected — see 'rejected' for details.",
      rejected: [{ arg: 'ticker:XRPUSDT', code: 'EXCHANGE_REJECTED' }],
    });
    expect(JSON.stringify(reply['rejected'])).toContain('error:handler not found,topic:tickers.XRPUSDT');
    expect((await listener.nextWhere(isData(TICKER)))['type']).toBe('snapshot');
    expect((await listener.nextWhere(isData('mudrex.futures.ticker.ETHUSDT')))['type']).toBe('snapshot');
  });

  it('while the exchange does not answer a subscription is pending, and said to be', async () => {
    await start({ SUBSCRIBE_TIMEOUT_MS: '200' });
    exchange.faults.refuseUpgrades(502);
    const listener = await client();
    const reply = await listener.request({ op: 'subscribe', args: ['ticker:BTCUSDT'] });
    expect(reply).toMatchObject({ success: true, args: ['ticker:BTCUSDT'], pending: ['ticker:BTCUSDT'] });
    exchange.faults.allowUpgrades();
    expect(await listener.nextWhere(({ op, stream }) => op === 'status' && stream === TICKER)).toMatchObject({ state: 'live' });
    expect((await listener.nextWhere(isData(TICKER)))['type']).toBe('snapshot');
  });

  it('a client that only listens and answers pings is never idle; one that answers nothing is', async () => {
    await start({ CLIENT_IDLE_TIMEOUT: '2', CLIENT_PING_INTERVAL: '0.5' });
    const listener = await client();
    const dead = await TestClient.connect(gateway.url, { autoPong: false });
    clients.push(dead);
    expect((await dead.closed).code).toBe(4000);
    // The listener has outlived several idle timeouts when it has seen this many pings, a second apart.
    for (let pings = 0; pings < 5; pings++) await once(listener.ws, 'ping');
    expect((await listener.request({ op: 'ping' }))['op']).toBe('pong');
  });

  it('a half-open connection to the exchange is noticed, told, and replaced', async () => {
    await start({ BYBIT_PING_INTERVAL: '0.3', BYBIT_PING_TIMEOUT: '0.3', BYBIT_RECONNECT_DELAY_INITIAL: '0.05' });
    const listener = await client();
    await listener.request({ op: 'subscribe', args: ['ticker:BTCUSDT', 'trade:BTCUSDT'] });
    const first = await exchange.whenSubscribed('linear', 'tickers.BTCUSDT');
    await listener.nextWhere(isData(TICKER));
    exchange.faults.halfOpen();
    const states: unknown[] = [];
    while (states.at(-1) !== 'live') {
      states.push((await listener.nextWhere(({ op, market }) => op === 'status' && market === 'futures'))['state']);
    }
    expect(states[0]).toBe('stale');
    const second = await exchange.when(() => exchange.connections.find((one) => one.connId !== first.connId && one.isOpen));
    expect(second.topics.has('tickers.BTCUSDT')).toBe(true);
  });

  it('health tells when nothing flows: while the exchange is away, and while it answers pings and delivers nothing', async () => {
    await start({
      UPSTREAM_SILENCE_TIMEOUT: '1',
      BYBIT_PING_INTERVAL: '0.3',
      BYBIT_RECONNECT_DELAY_INITIAL: '0.05',
      BYBIT_RECONNECT_DELAY_MAX: '0.1',
    });
    const listener = await client();
    await listener.request({ op: 'subscribe', args: ['ticker:BTCUSDT'] });
    await listener.nextWhere(isData(TICKER));
    expect((await gateway.get('/health')).status).toBe(200);

    exchange.faults.silence({ lasting: true });
    expect(await listener.nextWhere(({ op }) => op === 'status')).toMatchObject({ market: 'futures', state: 'stale' });
    const silent = await gateway.get('/health');
    expect(silent.status).toBe(503);
    expect(silent.body).toMatchObject({ status: 'error', error: { upstream: { status: 'down' } }, connections: 1 });

    exchange.faults.clear();
    await listener.nextWhere(({ op, state }) => op === 'status' && state === 'live');
    expect((await gateway.get('/health')).status).toBe(200);

    const droppedAt = Date.now();
    exchange.faults.refuseUpgrades(502);
    exchange.faults.drop();
    await listener.nextWhere(({ op, state, since }) => op === 'status' && state === 'stale' && Number(since) >= droppedAt);
    expect((await gateway.get('/health')).status).toBe(503);
    expect((await gateway.get('/ready')).status).toBe(200);
  });
});

function maskedText(text: string): Buffer {
  const payload = Buffer.from(text);
  // A mask of zeros leaves the payload as it is.
  return Buffer.concat([Buffer.from([0x81, 0x80 | payload.length, 0, 0, 0, 0]), payload]);
}
