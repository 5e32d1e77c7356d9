import fc from 'fast-check';
import { ManualClock } from '../../test/support/manual-clock';
import { settled } from '../../test/support/settled';
import { InProcessPubSub } from '../pubsub/in-process';
import type { Publication } from '../pubsub/publication';
import { Publisher } from '../pubsub/publisher';
import type { Kline, Message, OrderBookData, Payload } from '../streams/message';
import { atRate, streamOf, type Stream } from '../streams/stream';
import { Hub } from './hub';
import type { Membership } from './membership';
import { RatedListening } from './rated-listening';
import type { Sink } from './sink';

const TICKER = streamOf('futures', { kind: 'ticker' }, 'BTCUSDT');
const KLINE = streamOf('futures', { kind: 'kline', interval: '1m' }, 'BTCUSDT');
const BOOK = streamOf('futures', { kind: 'orderbook', depth: 50 }, 'BTCUSDT');
const RATED = [
  { stream: atRate(TICKER, '100ms'), base: TICKER, intervalMs: 100 },
  { stream: atRate(TICKER, '250ms'), base: TICKER, intervalMs: 250 },
  { stream: atRate(KLINE, '100ms'), base: KLINE, intervalMs: 100 },
  { stream: atRate(BOOK, '250ms'), base: BOOK, intervalMs: 250 },
] as const;
const CLIENTS = 3;
/** Every time in this test is a multiple of it. */
const STEP_MS = 10;

/** What a listener is given, or should be. */
interface Entry {
  readonly place: string;
  readonly type: string;
  readonly data: unknown;
  readonly closed: boolean;
  readonly at: number;
}

/** The exchange as far as this test needs it: what the newest state of each base stream is, and which messages lead there. */
class Exchange {
  readonly newest = new Map<string, Payload | undefined>();
  private version = 0;
  private candle = 100;
  private lateCandle = 0;
  onClosed: (base: Stream, candle: Payload) => void = () => undefined;
  onChange: () => void = () => undefined;

  constructor(private readonly publisher: Publisher) {
    for (const base of [TICKER, KLINE, BOOK]) publisher.open(base);
  }

  change(base: Stream): void {
    const began = this.newest.get(base.name) !== undefined;
    const data = base === TICKER ? this.ticker() : base === BOOK ? this.book() : this.kline(this.candle, false);
    this.newest.set(base.name, data);
    if (base === BOOK && began) this.publish(base, { type: 'delta', data: { ...(data as OrderBookData), bids: [], asks: [] } });
    else this.publish(base, { type: began ? 'update' : 'snapshot', data });
    if (!began) this.publisher.status(base, 'live');
    this.onChange();
  }

  /** @param next whether the new candle comes with it */
  closeCandle(next: boolean): void {
    if (this.newest.get(KLINE.name) === undefined) return;
    const closed = this.kline(this.candle++, true);
    this.newest.set(KLINE.name, closed);
    this.publish(KLINE, { type: 'update', data: closed, closed: true });
    this.onClosed(KLINE, closed);
    if (next) this.change(KLINE);
  }

  /** A candle of which nobody has heard, from before those that were heard. */
  closeLateCandle(): void {
    if (this.newest.get(KLINE.name) === undefined || this.lateCandle >= 100) return;
    const late = this.kline(this.lateCandle++, true);
    this.publish(KLINE, { type: 'update', data: late, closed: true });
    this.onClosed(KLINE, late);
  }

  lose(base: Stream): void {
    this.newest.set(base.name, undefined);
    this.publisher.status(base, 'resyncing', 'update_gap');
  }

  private publish(base: Stream, message: Omit<Message, 'timestamp' | 'received'>): void {
    const times = { timestamp: 1, received: 1 };
    this.publisher.publish(base, { ...message, ...times }, () => {
      const data = this.newest.get(base.name);
      return data && { type: 'snapshot', data, ...times };
    });
  }

  private ticker(): Payload {
    return { symbol: 'BTCUSDT', price: String(++this.version) };
  }

  private book(): OrderBookData {
    const updateId = ++this.version;
    return { symbol: 'BTCUSDT', depth: 50, bids: [[String(updateId), '1']], asks: [], updateId, checksum: 1 };
  }

  private kline(candle: number, confirmed: boolean): Kline {
    const close = String(++this.version);
    const openTime = candle * 60_000;
    const rest = { open: '1', high: '1', low: '1', volume: '1', turnover: '1' };
    return { symbol: 'BTCUSDT', interval: '1m', openTime, closeTime: openTime + 59_999, ...rest, close, confirmed };
  }
}

/** What a derived stream should say, looked at again at every step of time: as naive as can be. */
class Model {
  log: Entry[] = [];
  listening = 0;
  private told: unknown;
  private lastAt = -Infinity;
  private anew = true;
  private epoch = '';

  constructor(
    private readonly rated: (typeof RATED)[number],
    private readonly exchange: Exchange,
    private readonly now: () => number,
    private readonly nextEpoch: () => string,
  ) {}

  look(): void {
    if (this.listening === 0) return;
    const newest = this.exchange.newest.get(this.rated.base.name);
    if (newest === undefined) this.anew = true;
    if (newest === undefined || newest === this.told || this.now() - this.lastAt < this.rated.intervalMs) return;
    this.lastAt = this.now();
    this.told = newest;
    this.say(newest, false);
  }

  closed(base: Stream, candle: Payload): void {
    if (this.listening === 0 || base !== this.rated.base) return;
    if (this.exchange.newest.get(base.name) === candle) this.told = candle;
    this.say(candle, true);
  }

  /** What the joiner is given at once. */
  join(): Entry[] {
    if (this.listening++ === 0) {
      this.log = [];
      this.epoch = this.nextEpoch();
      this.told = undefined;
      this.lastAt = -Infinity;
      this.anew = true;
    }
    this.look();
    const data = this.exchange.newest.get(this.rated.base.name);
    const place = `${this.epoch}:${this.log.length}`;
    return data ? [{ place, type: 'snapshot', data, closed: false, at: this.now() }] : [];
  }

  private say(data: Payload, closed: boolean): void {
    const type = this.anew ? 'snapshot' : 'update';
    this.anew = false;
    this.log.push({ place: `${this.epoch}:${this.log.length + 1}`, type, data, closed, at: this.now() });
  }
}

/** A client's stay in one derived stream: what it got, and what it should have got. */
interface Stay {
  readonly membership: Membership;
  readonly got: Entry[];
  readonly model: Model;
  readonly first: Entry[];
  readonly joinedAt: number;
}

class Client {
  private readonly stays = new Map<string, Stay>();
  private readonly got = new Map<string, Entry[]>();
  compared = 0;

  constructor(
    private readonly hub: Hub,
    private readonly now: () => number,
  ) {}

  private readonly sink: Sink = {
    deliver: ({ stream, epoch, seq, type, closed, body }: Publication) => {
      const message = JSON.parse(body.toString()) as { stream: string; type: string; seq: number; epoch?: string; data: unknown };
      expect(message).toMatchObject({ stream: `mudrex.${stream}`, type, seq, ...(type === 'snapshot' && { epoch }) });
      this.got.get(stream)?.push({ place: `${epoch}:${seq}`, type, data: message.data, closed, at: this.now() });
    },
    streamStatus: () => undefined,
    marketStatus: () => undefined,
  };

  async join({ stream }: (typeof RATED)[number], model: Model): Promise<void> {
    if (this.stays.has(stream.name)) return;
    const got: Entry[] = [];
    this.got.set(stream.name, got);
    const membership = this.hub.join(stream, this.sink);
    const first = model.join();
    this.stays.set(stream.name, { membership, got, model, first, joinedAt: model.log.length });
    await membership.recover();
    membership.release();
  }

  leave(name: string): void {
    const stay = this.stays.get(name);
    if (!stay) return;
    stay.membership.leave();
    this.check(stay);
    this.stays.delete(name);
    stay.model.listening--;
  }

  private check({ got, first, model, joinedAt }: Stay): void {
    expect(got).toEqual([...first, ...model.log.slice(joinedAt)]);
    this.compared += got.length;
  }
}

function createWorld() {
  const clock = new ManualClock(0);
  const now = () => clock.now();
  const inner = new InProcessPubSub(4);
  const exchange = new Exchange(new Publisher(inner, 'mudrex', clock, 'b'));
  const hub = new Hub(new RatedListening(inner, 'mudrex', clock, 'b'));
  let epochs = 0;
  const models = RATED.map((rated) => new Model(rated, exchange, now, () => `b.r${++epochs}`));
  exchange.onClosed = (base, candle) => models.forEach((model) => model.closed(base, candle));
  exchange.onChange = () => models.forEach((model) => model.look());
  const clients = Array.from({ length: CLIENTS }, () => new Client(hub, now));
  return { clock, inner, exchange, hub, models, clients };
}

type Step = (world: ReturnType<typeof createWorld>) => unknown;

const which = fc.nat(RATED.length - 1);
const who = fc.nat(CLIENTS - 1);
const base = fc.constantFrom(TICKER, KLINE, BOOK);
const aStep: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 10,
    arbitrary: base.map(
      (on): Step =>
        ({ exchange }) =>
          exchange.change(on),
    ),
  },
  {
    weight: 3,
    arbitrary: fc.boolean().map(
      (next): Step =>
        ({ exchange }) =>
          exchange.closeCandle(next),
    ),
  },
  { weight: 1, arbitrary: fc.constant<Step>(({ exchange }) => exchange.closeLateCandle()) },
  {
    weight: 1,
    arbitrary: base.map((on): Step => ({ exchange, models }) => {
      exchange.lose(on);
      models.forEach((model) => model.look());
    }),
  },
  {
    weight: 6,
    arbitrary: fc.integer({ min: 1, max: 12 }).map((times): Step => async ({ clock, models }) => {
      for (let i = 0; i < times; i++) {
        clock.advance(STEP_MS);
        await settled();
        models.forEach((model) => model.look());
      }
    }),
  },
  {
    weight: 4,
    arbitrary: fc.tuple(who, which).map(
      ([one, of]): Step =>
        ({ clients, models }) =>
          clients[one]?.join(RATED[of] as (typeof RATED)[number], models[of] as Model),
    ),
  },
  {
    weight: 2,
    arbitrary: fc.tuple(who, which).map(
      ([one, of]): Step =>
        ({ clients }) =>
          clients[one]?.leave(RATED[of]?.stream.name ?? ''),
    ),
  },
);

describe('RatedStream, with changes, closed candles, lost states, joins and leaves at any time', () => {
  it('says what a model says that looks at the newest state all the time: the newest once per interval, closed candles at once', async () => {
    let compared = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(aStep, { minLength: 20, maxLength: 120, size: 'max' }), async (steps) => {
        const world = createWorld();
        for (const step of steps) {
          await step(world);
          await settled();
        }
        for (const client of world.clients) for (const { stream } of RATED) client.leave(stream.name);
        for (const client of world.clients) compared += client.compared;
        expect(world.clock.timers).toBe(0);
        expect(world.inner.counts()).toEqual({ channels: 0, listeners: 0 });
      }),
      { numRuns: 300 },
    );
    expect(compared).toBeGreaterThan(2000);
  });
});
