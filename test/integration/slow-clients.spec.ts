import fc from 'fast-check';
import type { Door } from '../../src/gateway/door';
import { Deliveries } from '../../src/gateway/deliveries';
import { NativeDoor } from '../../src/gateway/native/native-door';
import { OutFrame } from '../../src/gateway/out-frame';
import { Outbox } from '../../src/gateway/outbox';
import type { Session } from '../../src/gateway/session';
import { Sessions } from '../../src/gateway/sessions';
import { Subscribing } from '../../src/gateway/subscribing';
import { InProcessPubSub } from '../../src/pubsub/in-process';
import { Publisher } from '../../src/pubsub/publisher';
import type { Publishing } from '../../src/pubsub/pubsub';
import type { Level, Message } from '../../src/streams/message';
import { fullName, streamOf, type Stream } from '../../src/streams/stream';
import { Hub } from '../../src/subscriptions/hub';
import { Listened, textOf, Truth } from '../support/log-check';
import { ManualClock } from '../support/manual-clock';
import { ModelSocket } from '../support/model-socket';
import { inflated, readFrames } from '../support/read-frames';
import { settled } from '../support/settled';
import type { Frame } from '../support/test-client';
import { Turns } from '../support/turns';

const STREAMS = [
  streamOf('futures', { kind: 'ticker' }, 'BTCUSDT'),
  streamOf('futures', { kind: 'kline', interval: '1m' }, 'BTCUSDT'),
  streamOf('futures', { kind: 'trade' }, 'BTCUSDT'),
  streamOf('futures', { kind: 'trade' }, 'ETHUSDT'),
  streamOf('futures', { kind: 'orderbook', depth: 50 }, 'BTCUSDT'),
  streamOf('futures', { kind: 'orderbook', depth: 50 }, 'ETHUSDT'),
] as const;
const CLIENTS = 3;
const FOREVER = 1_000_000_000;
/** A notice that entries of one stream were lost. */
const GAP_BYTES = 200;

/** What publishes: numbered states and entries that say which step they are, so that a client's log can be held to them. */
class Exchange {
  readonly truths = new Map<string, Truth>();
  private readonly books = new Map<string, Map<string, string>>();
  private readonly fresh = new Set<string>();
  private readonly publisher: Publisher;
  private readonly pubsub: InProcessPubSub;

  constructor(
    pubsub: InProcessPubSub,
    clock: ManualClock,
    /** Makes messages this much larger. */
    private readonly pad: string,
  ) {
    this.pubsub = pubsub;
    const hear = {
      ...bound(pubsub),
      open: (name: string, epoch: string) => {
        this.truths.get(name)?.opened(epoch);
        pubsub.open(name, epoch);
      },
    };
    this.publisher = new Publisher(hear, 'mudrex', clock, 'boot');
    for (const stream of STREAMS) {
      const truth = new Truth();
      this.truths.set(stream.name, truth);
      this.open(stream);
      const book = this.book(stream);
      pubsub.subscribe(stream.name, { publication: (step) => truth.published(step, textOf(book)), status: () => undefined });
    }
  }

  /** Begins a new epoch. */
  open(stream: Stream): void {
    this.publisher.open(stream);
    this.publisher.status(stream, 'live');
    this.fresh.add(stream.name);
  }

  publish(stream: Stream, closed: boolean, price: number): void {
    const nth = (this.truths.get(stream.name)?.newest ?? -1) + 1;
    const begins = this.fresh.delete(stream.name) && stream.kind !== 'trade';
    const book = this.book(stream);
    const changes: Level[] = [[String(price), price % 3 === 0 ? '0' : String(nth + 1)]];
    if (stream.kind === 'orderbook') {
      for (const [level, size] of changes) {
        if (size === '0') book.delete(level);
        else book.set(level, size);
      }
    }
    const message = (type: Message['type'], bids: readonly Level[]): Message => ({
      type,
      data: { symbol: this.pad, depth: 50, bids, asks: [], updateId: nth, checksum: 0 },
      timestamp: 1,
      received: 2,
      closed,
    });
    const live = begins ? message('snapshot', [...book]) : message(stream.kind === 'orderbook' ? 'delta' : 'update', changes);
    this.publisher.publish(stream, live, () => message('snapshot', [...book]));
  }

  /** What has begun a new epoch gets its first message at last. */
  begin(): void {
    // Who asked for a stream in a new epoch is answered at last, too.
    for (const stream of STREAMS) this.publisher.status(stream, 'live');
    for (const stream of STREAMS) if (this.fresh.has(stream.name)) this.publish(stream, false, 1);
  }

  gap(stream: Stream): void {
    if (stream.kind === 'trade') this.publisher.gap(stream, 2);
  }

  status(stream: Stream, market: boolean): void {
    if (market) this.pubsub.setMarketStatus({ market: 'futures', state: 'stale', reason: '', since: 1 });
    else this.publisher.status(stream, 'resyncing');
    if (market) this.pubsub.setMarketStatus({ market: 'futures', state: 'live', reason: '', since: 1 });
    else this.publisher.status(stream, 'live');
  }

  private book({ name }: Stream): Map<string, string> {
    const book = this.books.get(name) ?? new Map<string, string>();
    this.books.set(name, book);
    return book;
  }
}

/** A client that subscribes and leaves, with its requests handled one after the other, and what must be true of what it got. */
class Client {
  readonly socket = new ModelSocket();
  readonly session: Session;
  /** What it should be answered, in order. */
  private readonly replies: number[] = [];
  /** Where the streams stood when it left them, in the order of the answers. */
  private readonly leftAt = new Map<number, number>();
  private work = Promise.resolve();
  private requests = 0;
  pauses = 0;
  notices = 0;

  constructor(
    sessions: Sessions,
    door: Door,
    private readonly deflate: boolean,
    private readonly exchange: Exchange,
    private readonly subscribing: Subscribing,
  ) {
    this.session = sessions.open('10.0.0.1', door, this.socket, deflate);
    const pause = this.session.pause.bind(this.session);
    const gap = this.session.gap.bind(this.session);
    jest.spyOn(this.session, 'gap').mockImplementation((lost) => {
      this.notices++;
      return gap(lost);
    });
    jest.spyOn(this.session, 'pause').mockImplementation((stream) => {
      this.pauses++;
      pause(stream);
    });
  }

  /** @param size of the answer to a ping */
  ask(what: 'subscribe' | 'unsubscribe' | 'ping', stream: Stream, size = 0): void {
    const id = ++this.requests;
    this.work = this.work.then(async () => {
      if (this.gone()) return;
      if (what === 'ping') this.answer(id, { op: 'pong', pad: 'x'.repeat(size) });
      else if (what === 'unsubscribe') {
        const { left } = this.subscribing.unsubscribe(this.session, [fullName('mudrex', stream)]);
        if (left > 0) this.leftAt.set(id, this.exchange.truths.get(stream.name)?.newest ?? -1);
        this.answer(id, { op: 'unsubscribe', stream: stream.name });
      } else {
        const had = this.session.subscriptions.has(stream.name);
        const { accepted, release } = await this.subscribing.subscribe(this.session, [fullName('mudrex', stream)]);
        if (this.gone()) return;
        this.answer(id, { op: 'subscribe', had, streams: accepted });
        release();
      }
    });
  }

  /** Resolves when all that was asked is answered. */
  idle(): Promise<void> {
    return this.work;
  }

  /** Holds what the client got to the policy. @param whole whether it has read everything and is still there */
  check(whole: boolean): Record<'gaps' | 'conflated' | 'books', number> {
    const { frames, length } = readFrames(this.socket.wire);
    if (whole) expect(length).toBe(this.socket.wire.length);
    const listened = new Map<string, Listened>();
    const answers: number[] = [];
    const seen = { gaps: 0, conflated: 0, books: 0 };
    for (const { payload, reserved } of frames) {
      expect(reserved === 0 || this.deflate).toBe(true);
      const frame = JSON.parse((reserved === 4 ? inflated(payload) : payload).toString()) as Frame;
      if (typeof frame['id'] === 'number') {
        answers.push(frame['id']);
        this.hearReply(frame, listened);
      } else if (frame.op !== 'status') {
        const name = String(frame.stream).replace('mudrex.', '');
        const stream = listened.get(name);
        if (!stream) throw new Error(`${name} after it was left: ${JSON.stringify(frame).slice(0, 200)}`);
        if (frame.op === 'gap') {
          stream.gap(frame);
          if (frame['reason'] === 'slow_consumer') seen.gaps++;
        } else stream.hear(frame, (frame['data'] as { updateId: number }).updateId);
      }
    }
    expect(answers).toEqual(this.replies.slice(0, answers.length));
    if (!whole) return seen;
    expect(answers).toEqual(this.replies);
    for (const stream of listened.values()) stream.caughtUp();
    return seen;
  }

  private hearReply(frame: Frame, listened: Map<string, Listened>): void {
    const { op, stream, had } = frame;
    if (op === 'unsubscribe') {
      const until = this.leftAt.get(Number(frame['id']));
      if (until !== undefined) listened.get(String(stream))?.left(until);
      listened.delete(String(stream));
    } else if (op === 'subscribe' && had === false) {
      for (const entry of frame['streams'] as { stream: string; position: { epoch: string; seq: number } }[]) {
        const truth = this.exchange.truths.get(entry.stream) as Truth;
        const kind = entry.stream.split('.')[1] as string;
        listened.set(entry.stream, new Listened(kind, truth, entry.position.epoch, entry.position.seq));
      }
    }
  }

  private gone(): boolean {
    return this.session.closing;
  }

  private answer(id: number, reply: object): void {
    this.replies.push(id);
    this.session.send(OutFrame.control({ id, ...reply }));
  }
}

type Step =
  | { readonly do: 'publish'; readonly stream: number; readonly count: number; readonly closed: boolean; readonly price: number }
  | { readonly do: 'ask'; readonly what: 'subscribe' | 'unsubscribe' | 'ping'; readonly client: number; readonly stream: number }
  | { readonly do: 'take'; readonly client: number; readonly share: number }
  | { readonly do: 'drain'; readonly client: number }
  | { readonly do: 'status'; readonly stream: number; readonly market: boolean }
  | { readonly do: 'gap' | 'open'; readonly stream: number }
  | { readonly do: 'close' | 'lose' | 'flood'; readonly client: number }
  | { readonly do: 'end turn' | 'second' };

const stream = fc.nat(STREAMS.length - 1);
const client = fc.nat(CLIENTS - 1);
const does = <T extends Step['do']>(what: T): fc.Arbitrary<T> => fc.constant(what);

const aStep: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 12,
    arbitrary: fc.record({
      do: does('publish'),
      stream,
      count: fc.integer({ min: 1, max: 12 }),
      closed: fc.nat(4).map((n) => n === 0),
      price: fc.nat(8),
    }),
  },
  {
    weight: 6,
    arbitrary: fc.record({
      do: does('ask'),
      what: fc.constantFrom('subscribe', 'subscribe', 'unsubscribe', 'ping'),
      client,
      stream,
    }),
  },
  { weight: 3, arbitrary: fc.record({ do: does('take'), client, share: fc.integer({ min: 1, max: 100 }) }) },
  { weight: 3, arbitrary: fc.record({ do: does('drain'), client }) },
  { weight: 8, arbitrary: fc.record({ do: does('end turn') }) },
  { weight: 1, arbitrary: fc.record({ do: does('flood'), client }) },
  { weight: 1, arbitrary: fc.record({ do: does('status'), stream, market: fc.boolean() }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constantFrom('gap' as const, 'open' as const), stream }) },
);
const anEnd: fc.Arbitrary<Step> = fc.record({ do: fc.constantFrom('close' as const, 'lose' as const), client });

/** Small bounds with small messages, and such that a client lags by what its socket holds. */
const SCALES = [
  { queueBytes: 6000, pad: 0 },
  { queueBytes: 40_000, pad: 500 },
  { queueBytes: 1_000_000, pad: 12_000 },
];

async function play(scale: (typeof SCALES)[number], steps: readonly { step: Step; wait: number }[]) {
  const clock = new ManualClock();
  const pubsub = new InProcessPubSub(16);
  const turns = new Turns(clock.now.bind(clock));
  const deliveries = new Deliveries();
  const pad = 'x'.repeat(scale.pad);
  const limits = {
    messagesPerSecond: 10,
    queueBytes: scale.queueBytes,
    idleMs: FOREVER,
    pingMs: FOREVER,
    stallMs: FOREVER,
    closeMs: 1,
  };
  const sessions = new Sessions(
    clock,
    turns.flusher,
    deliveries,
    limits,
    () => 0,
    () => undefined,
  );
  const exchange = new Exchange(pubsub, clock, pad);
  const door = new NativeDoor('mudrex', 200);
  const subscribing = new Subscribing(new Hub(pubsub), { look: () => ({ known: true }) }, clock, {
    brand: 'mudrex',
    markets: new Set(['futures']),
    maxSubscriptions: 100,
    timeoutMs: FOREVER,
  });
  const clients = Array.from({ length: CLIENTS }, (_, i) => new Client(sessions, door, i === 1, exchange, subscribing));
  let pushed = 0;
  let largest = 0;
  const push = jest.spyOn(Outbox.prototype, 'push');

  const bounded = (): void => {
    for (const [frame] of push.mock.calls) largest = Math.max(largest, frame.size);
    pushed += push.mock.calls.length;
    push.mockClear();
    const bound = scale.queueBytes + 2 * largest + 2 * GAP_BYTES;
    for (const { session } of clients) expect(session.queued).toBeLessThanOrEqual(bound);
  };
  const run = (step: Step): void => {
    const of = STREAMS[('stream' in step ? step.stream : 0) as 0];
    const who = clients['client' in step ? step.client : 0] as Client;
    switch (step.do) {
      case 'publish':
        for (let i = 0; i < step.count; i++)
          exchange.publish(of, step.closed && of.kind === ('kline' as string) && i === 0, step.price + i);
        break;
      case 'ask':
        who.ask(step.what, of);
        break;
      case 'flood':
        for (let i = 0; i < 50; i++) who.ask('ping', of, scale.queueBytes / 40);
        break;
      case 'take':
        who.socket.take(Math.ceil((who.socket.backlog * step.share) / 100));
        break;
      case 'drain':
        who.socket.drain();
        break;
      case 'status':
        exchange.status(of, step.market);
        break;
      case 'gap':
        exchange.gap(of);
        break;
      case 'open':
        exchange.open(of);
        break;
      case 'close':
        who.session.end(4000, 'Idle timeout');
        break;
      case 'lose':
        who.socket.open = false;
        sessions.close(who.session, 1006);
        break;
      default:
        turns.end();
    }
  };
  for (const { step, wait } of steps) {
    run(step);
    for (let i = 0; i < wait; i++) await Promise.resolve();
    bounded();
  }
  exchange.begin();
  for (const each of clients) await each.idle();
  for (let i = 0; i < 30; i++) {
    await settled();
    turns.end();
    bounded();
    for (const { socket } of clients) socket.drain();
    bounded();
  }
  const outcome = { gaps: 0, notices: 0, open: 0, pauses: 0, slowClosed: 0, pushed, stillQueued: 0 };
  for (const each of clients) {
    const open = !each.session.closing;
    outcome.gaps += each.check(open).gaps;
    outcome.notices += each.notices;
    outcome.pauses += each.pauses;
    outcome.slowClosed += each.socket.did.filter((what) => what.startsWith('close 4008')).length;
    if (open) outcome.open++;
    outcome.stillQueued += each.session.queued;
  }
  jest.restoreAllMocks();
  return { deliveries, ...outcome };
}

function bound(pubsub: InProcessPubSub): Publishing {
  return {
    inherited: () => undefined,
    open: (...about) => pubsub.open(...about),
    publish: (...about) => pubsub.publish(...about),
    close: (...about) => pubsub.close(...about),
    setStreamStatus: (...about) => pubsub.setStreamStatus(...about),
    setMarketStatus: (...about) => pubsub.setMarketStatus(...about),
  };
}

const sum = (counts: Iterable<number>): number => [...counts].reduce((all, count) => all + count, 0);

describe('Whatever is published and however they read', () => {
  afterEach(() => jest.restoreAllMocks());

  it.each([
    ['who stay', aStep, false],
    ['of whom some leave', fc.oneof({ weight: 40, arbitrary: aStep }, { weight: 1, arbitrary: anEnd }), true],
  ])(
    'clients %s get each stream as the policy says, every reply in order, within the bound, and the counters tell',
    async (_, each, ends) => {
      const seen = { conflated: 0, gap: 0, resnapshot: 0, slow_closed: 0 };
      const steps = fc.array(fc.record({ step: each, wait: fc.nat(6) }), { maxLength: 150, size: 'max' });
      await fc.assert(
        fc.asyncProperty(fc.constantFrom(...SCALES), steps, async (scale, all) => {
          const { deliveries, pushed, gaps, notices, pauses, slowClosed, stillQueued } = await play(scale, all);
          const { slow, sent, dropped } = deliveries;
          const lost = sum([...dropped.entries()].map(([, count]) => count));
          const leaves = ends || slow.slow_closed > 0 || all.some(({ step }) => step.do === 'ask' && step.what === 'unsubscribe');
          expect(stillQueued).toBe(0);
          // Every frame is written, replaced by a newer one or counted as dropped.
          expect(sum(Object.values(sent)) + slow.conflated + lost).toBe(pushed + notices);
          if (!leaves) expect([gaps, notices]).toEqual([slow.gap, slow.gap]);
          expect(notices).toBeLessThanOrEqual(slow.gap);
          expect(slow.resnapshot).toBe(pauses);
          expect(slow.slow_closed).toBe(slowClosed);
          for (const [name, count] of Object.entries(slow)) seen[name as keyof typeof seen] += count;
        }),
        { numRuns: 60 },
      );
      // The random steps do meet what they are for.
      for (const count of Object.values(seen)) expect(count).toBeGreaterThan(0);
    },
    60_000,
  );
});
