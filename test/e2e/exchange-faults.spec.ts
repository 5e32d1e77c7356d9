/**
 * Each way the exchange can misbehave, survived: what the client saw, status frames included. Its {@link Ledger} throws at any
 * number missing, any wrong checksum, any half ticker; in the end its book is the exchange's.
 */
import { SimulatedExchange } from '../../src/simulator/simulated-exchange';
import { GatewayProcess } from '../support/gateway-process';
import { Ledger } from '../support/ledger';
import { parsePage, valueOf } from '../support/prometheus-page';
import { TestClient, type Frame } from '../support/test-client';

const TICKER = 'mudrex.futures.ticker.BTCUSDT';
const BOOK = 'mudrex.futures.orderbook.50.BTCUSDT';
const TRADE = 'mudrex.futures.trade.BTCUSDT';

const FAST = {
  BYBIT_PING_INTERVAL: '0.4',
  BYBIT_PING_TIMEOUT: '0.4',
  BYBIT_RECONNECT_DELAY_INITIAL: '0.05',
  BYBIT_RECONNECT_DELAY_MAX: '0.2',
  UPSTREAM_LINGER: '0',
};

let exchange: SimulatedExchange;
let gateway: GatewayProcess;
let listener: TestClient;
let ledger: Ledger;

async function start(env: Readonly<Record<string, string>> = {}): Promise<void> {
  exchange = await SimulatedExchange.start({ manual: true });
  gateway = await GatewayProcess.start({ ...FAST, BYBIT_WS_URL: exchange.wsUrl, BYBIT_REST_URL: exchange.restUrl, ...env });
  listener = await TestClient.connect(gateway.url);
  ledger = new Ledger();
}

/** Enters frames until one matches. */
async function until(matches: (frame: Frame) => boolean): Promise<Frame> {
  for (;;) {
    const frame = await listener.next();
    ledger.enter(frame);
    if (matches(frame)) return frame;
  }
}

const isSnapshot = (stream: string) => (frame: Frame) => frame['stream'] === stream && frame['type'] === 'snapshot';
const isStatus = (subject: string, state: string) => (frame: Frame) =>
  frame['op'] === 'status' && (frame['market'] === subject || frame['stream'] === subject) && frame['state'] === state;

async function follow(): Promise<void> {
  await listener.request({
    op: 'subscribe',
    args: ['ticker:BTCUSDT', 'orderbook:50:BTCUSDT', 'trade:BTCUSDT', 'kline:1m:BTCUSDT'],
  });
  const begun = new Set<unknown>();
  while (begun.size < 2) {
    const frame = await until(({ type }) => type === 'snapshot');
    if (frame['stream'] === TICKER || frame['stream'] === BOOK) begun.add(frame['stream']);
  }
}

/** What the client holds is what the exchange has now. */
async function expectTruth(): Promise<void> {
  const expected = ledger.seq(BOOK) + 1;
  exchange.stir('linear', 'orderbook.50.BTCUSDT');
  await until(({ stream, seq }) => stream === BOOK && Number(seq) >= expected);
  const response = await fetch(`${exchange.restUrl}/v5/market/orderbook?category=linear&symbol=BTCUSDT&limit=50`);
  const { result } = (await response.json()) as { result: { b: [string, string][]; a: [string, string][] } };
  const numbers = (levels: [string, string][]) => levels.map(([price, size]) => [Number(price), Number(size)]);
  const book = ledger.book(BOOK);
  expect(numbers(book.bids)).toEqual(numbers(result.b));
  expect(numbers(book.asks)).toEqual(numbers(result.a));
}

/** Futures status frames so far, repeats folded. */
function statuses(subject: string): string[] {
  const states = ledger.statuses
    .filter((status) => status.startsWith(`${subject} `))
    .map((status) => status.slice(subject.length + 1));
  return states.filter((state, i) => state !== states[i - 1]);
}

async function badFrames(reason: string): Promise<number> {
  return valueOf(parsePage(await gateway.metrics()), 'upstream_bad_frames_total', { reason }) ?? 0;
}

afterEach(async () => {
  listener.ws.terminate();
  await gateway.stop();
  await exchange.stop();
});

describe('a lost connection to the exchange', () => {
  const ways: [string, Record<string, string>, () => void][] = [
    ['dropped without a word', {}, () => exchange.faults.drop()],
    ['closed with 1000', {}, () => exchange.faults.close()],
    ['half-open', {}, () => exchange.faults.halfOpen()],
    ['that no longer answers pings', {}, () => exchange.faults.mutePongs()],
    ['that answers pings and delivers nothing', { UPSTREAM_SILENCE_TIMEOUT: '1' }, () => exchange.faults.silence()],
    ['that sends a frame too large', {}, () => exchange.faults.oversizedFrame({}, 64 * 1024 * 1024)],
  ];

  it.each(ways)('%s is told as stale, replaced, and told as live when every state is fresh', async (_way, env, fault) => {
    await start(env);
    await follow();
    await expectTruth();
    exchange.stir('linear', 'publicTrade.BTCUSDT');
    await until(({ stream }) => stream === TRADE);
    const trades = ledger.seq(TRADE);

    fault();
    await until(isStatus('futures', 'stale'));
    await until(isStatus('futures', 'live'));
    await expectTruth();
    exchange.stir('linear', 'publicTrade.BTCUSDT');
    while (ledger.seq(TRADE) < trades + 2) await until(() => true);

    expect(statuses('futures').at(0)).toBe('stale');
    expect(statuses('futures').at(-1)).toBe('live');
    expect(ledger.gaps).toEqual([{ stream: TRADE, from: trades + 1, to: trades + 1, reason: 'upstream_reconnect' }]);
  });

  it('comes back although the exchange refuses it a few times first', async () => {
    await start();
    await follow();
    exchange.faults.refuseUpgrades(403, 3);
    exchange.faults.drop();
    await until(isStatus('futures', 'live'));
    await expectTruth();
  });

  it('comes back without a symbol that was delisted meanwhile, which is told as unavailable and harms no other', async () => {
    await start();
    await follow();
    await listener.request({ op: 'subscribe', args: ['ticker:XRPUSDT'] });
    await until(isSnapshot('mudrex.futures.ticker.XRPUSDT'));
    exchange.faults.delist('linear', 'XRPUSDT');
    exchange.faults.drop();
    const gone = await until(isStatus('mudrex.futures.ticker.XRPUSDT', 'unavailable'));
    expect(gone['reason']).toContain('handler not found');
    if (!statuses('futures').includes('live')) await until(isStatus('futures', 'live'));
    await expectTruth();
  });
});

describe('an order book out of step', () => {
  const TOPIC = 'orderbook.50.BTCUSDT';
  const stir = () => exchange.stir('linear', TOPIC);

  it.each([
    ['an update was lost', () => exchange.faults.skipFrame('linear', TOPIC)],
    ['an update came twice', () => exchange.faults.repeatFrame('linear', TOPIC)],
  ])('because %s is told as resyncing and begins again with a fresh snapshot', async (_why, fault) => {
    await start();
    await follow();
    await expectTruth();
    fault();
    stir();
    stir();
    await until(isStatus(BOOK, 'resyncing'));
    await until(isSnapshot(BOOK));
    await expectTruth();
    expect(statuses(BOOK).at(-1)).toBe('live');
    expect(statuses('futures')).toEqual([]);
  });

  it.each([
    ['its service restarted', () => exchange.faults.restartBook('linear', TOPIC)],
    ['its service restarted with a delta', () => exchange.faults.restartBook('linear', TOPIC, 'delta')],
    ['the exchange sent a snapshot unasked', () => exchange.faults.unsolicitedSnapshot('linear', TOPIC)],
  ])('because %s begins again with that snapshot', async (_why, fault) => {
    await start();
    await follow();
    await expectTruth();
    fault();
    await until(isSnapshot(BOOK));
    await expectTruth();
    expect(statuses(BOOK)).toEqual([]);
  });
});

describe('frames that make no sense', () => {
  it('are counted by reason, and neither shown nor a harm to anything else', async () => {
    await start();
    await follow();
    exchange.faults.malformedFrame();
    exchange.faults.unknownTopicFrame();
    exchange.faults.wrongShapeFrame({}, 'kline.1.BTCUSDT');
    exchange.faults.unsolicitedSnapshot('linear', 'tickers.BTCUSDT');
    await expectTruth();
    expect(ledger.statuses).toEqual([]);
    expect(await badFrames('not_json')).toBe(1);
    expect(await badFrames('unknown_topic')).toBe(1);
    // Both entries of the frame.
    expect(await badFrames('wrong_shape')).toBe(2);
  });

  it('of a clock that runs an hour ahead or behind change nothing but the time stamps', async () => {
    await start();
    await follow();
    for (const skewMs of [3_600_000, -3_600_000]) {
      exchange.faults.skewClock(skewMs);
      await expectTruth();
    }
    expect(ledger.statuses).toEqual([]);
  });
});

describe('answers that go missing', () => {
  it('hold up no subscription whose data has begun to flow', async () => {
    await start({ SUBSCRIBE_TIMEOUT_MS: '60000' });
    exchange.faults.loseAcks(1, 'linear');
    await follow();
    await expectTruth();
  });

  it('are waited for, and a late one accepts', async () => {
    await start({ SUBSCRIBE_TIMEOUT_MS: '60000' });
    exchange.faults.delayAcks(300, 1, 'spot');
    const reply = await listener.request({ op: 'subscribe', args: ['spot/trade:BTCUSDT'] });
    expect(reply).toMatchObject({ success: true, args: ['spot/trade:BTCUSDT'] });
    expect(reply).not.toHaveProperty('pending');
  });

  it('of the symbol list let every symbol through, and the exchange decides', async () => {
    exchange = await SimulatedExchange.start({ manual: true });
    exchange.faults.restDown(500);
    gateway = await GatewayProcess.start({ ...FAST, BYBIT_WS_URL: exchange.wsUrl, BYBIT_REST_URL: exchange.restUrl });
    listener = await TestClient.connect(gateway.url);
    const reply = await listener.request({ op: 'subscribe', args: ['ticker:NOSUCHUSDT', 'ticker:BTCUSDT'] });
    expect(reply).toMatchObject({
      args: ['ticker:BTCUSDT'],
      rejected: [{ arg: 'ticker:NOSUCHUSDT', code: 'EXCHANGE_REJECTED' }],
    });
  });
});
