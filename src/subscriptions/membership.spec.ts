import fc from 'fast-check';
import { ManualClock } from '../../test/support/manual-clock';
import { settled } from '../../test/support/settled';
import { InProcessPubSub } from '../pubsub/in-process';
import type { Position, Publication, Recovery } from '../pubsub/publication';
import { Publisher } from '../pubsub/publisher';
import type { Listening } from '../pubsub/pubsub';
import type { Message } from '../streams/message';
import { isStateKind, streamOf, type MarketStream } from '../streams/stream';
import { Hub } from './hub';
import type { Membership } from './membership';
import type { Sink } from './sink';

const STREAMS: readonly MarketStream[] = [
  streamOf('futures', { kind: 'ticker' }, 'BTCUSDT'),
  streamOf('spot', { kind: 'trade' }, 'BTCUSDT'),
];
const CLIENTS = 3;
const HISTORY = 4;

/** The in-process adapter with a network in front of `recover`: answers come when the test says so. */
class SlowRecovery implements Listening {
  private readonly waiting: (() => void)[] = [];

  constructor(private readonly inner: InProcessPubSub) {}

  /** Whether the place is read when it is asked for, or when the answer comes. */
  readEarly = true;
  /** No network: the place is known here. */
  atOnce = false;

  recover(stream: string, since?: Position): Recovery | Promise<Recovery> {
    if (this.atOnce) return this.inner.recover(stream, since);
    const early = this.readEarly ? this.inner.recover(stream, since) : undefined;
    return new Promise((resolve) => this.waiting.push(() => resolve(early ?? this.inner.recover(stream, since))));
  }

  answer(nth: number): void {
    const [answer] = this.waiting.splice(nth % Math.max(1, this.waiting.length), 1);
    answer?.();
  }

  get unanswered(): number {
    return this.waiting.length;
  }

  subscribe: Listening['subscribe'] = (stream, listener) => this.inner.subscribe(stream, listener);
  unsubscribe: Listening['unsubscribe'] = (stream, listener) => this.inner.unsubscribe(stream, listener);
  streamStatus: Listening['streamStatus'] = (stream) => this.inner.streamStatus(stream);
  marketStatus: Listening['marketStatus'] = (market) => this.inner.marketStatus(market);
  onMarketStatus: Listening['onMarketStatus'] = (listener) => this.inner.onMarketStatus(listener);
}

/** One client's stay in one stream, from the reply on. */
interface Stay {
  readonly stream: MarketStream;
  readonly since: Position | undefined;
  readonly found: Recovery;
  readonly delivered: { readonly publication: Publication; readonly live: boolean }[];
}

class Client {
  readonly stays: Stay[] = [];
  private readonly memberships = new Map<string, Membership>();
  private readonly current = new Map<string, Stay>();

  constructor(private readonly hub: Hub) {}

  private readonly sink: Sink = {
    deliver: (publication, live) => {
      const stay = this.current.get(publication.stream);
      if (!stay) throw new Error(`delivered ${publication.stream} to somebody who is not there`);
      stay.delivered.push({ publication, live });
    },
    streamStatus: () => undefined,
    marketStatus: () => undefined,
  };

  /** As the gateway does it. @param patient waits for the exchange's answer; otherwise its time is up at once */
  async subscribe(stream: MarketStream, since: Position | undefined, patient: boolean): Promise<void> {
    if (this.memberships.has(stream.name)) return;
    const membership = this.hub.join(stream, this.sink);
    this.memberships.set(stream.name, membership);
    if (patient && (await membership.accepted()).state === 'refused') {
      this.leave(stream, membership);
      return;
    }
    const found = await membership.recover(since);
    if (this.memberships.get(stream.name) !== membership) return;
    const stay: Stay = { stream, since, found, delivered: [] };
    this.current.set(stream.name, stay);
    this.stays.push(stay);
    membership.release();
  }

  leave(stream: MarketStream, only = this.memberships.get(stream.name)): void {
    if (!only || this.memberships.get(stream.name) !== only) return;
    only.leave();
    this.memberships.delete(stream.name);
    this.current.delete(stream.name);
  }

  here(stream: MarketStream): Stay | undefined {
    return this.current.get(stream.name);
  }

  /** Where this client stood last, for a resume. */
  place(stream: MarketStream): Position | undefined {
    const last = this.stays.findLast((stay) => stay.stream === stream);
    return last && (last.delivered.at(-1)?.publication ?? last.found);
  }
}

function update(stream: MarketStream, state: boolean): Message {
  return { type: state ? 'snapshot' : 'update', data: { symbol: stream.symbol }, timestamp: 1, received: 1 };
}

function place({ epoch, seq }: Position): string {
  return `${epoch}:${seq}`;
}

/** What a client must get after a reply that says `found`, given everything that was published, in order. */
function expected({ stream, since, found }: Stay, published: readonly Publication[]): { caughtUp: string[]; live: string[] } {
  const ofStream = published.filter((step) => step.stream === stream.name);
  const known = ofStream.filter((step) => step.epoch === found.epoch);
  const caughtUp = found.recovered
    ? known.filter((step) => step.seq > (since?.seq ?? 0) && step.seq <= found.seq).map(place)
    : isStateKind(stream.kind) && found.seq > 0
      ? [`snapshot ${place(found)}`]
      : [];
  const newer = (step: Position) => bornAs(step) > bornAs(found) || (step.epoch === found.epoch && step.seq > found.seq);
  return { caughtUp, live: ofStream.filter(newer).map(place) };
}

/** Epochs of one publisher are numbered. */
function bornAs({ epoch }: Position): number {
  return Number(epoch.slice(2));
}

type Step = (world: ReturnType<typeof createWorld>) => void | Promise<void>;

function createWorld() {
  const inner = new InProcessPubSub(HISTORY);
  const pubsub = new SlowRecovery(inner);
  const published: Publication[] = [];
  const publisher = new Publisher(
    {
      publish: (publication, snapshot) => {
        published.push(publication);
        inner.publish(publication, snapshot);
      },
      inherited: () => undefined,
      open: (stream, epoch) => inner.open(stream, epoch),
      close: (stream) => inner.close(stream),
      setStreamStatus: (stream, status) => inner.setStreamStatus(stream, status),
      setMarketStatus: (status) => inner.setMarketStatus(status),
    },
    'mudrex',
    new ManualClock(),
    'b',
  );
  const hub = new Hub(pubsub);
  const clients = Array.from({ length: CLIENTS }, () => new Client(hub));
  for (const stream of STREAMS) publisher.open(stream);
  return { inner, pubsub, published, publisher, hub, clients };
}

const stream = fc.constantFrom(...STREAMS);
const client = fc.nat(CLIENTS - 1);
const aStep: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.tuple(stream, fc.integer({ min: 1, max: 6 })).map(([on, times]): Step => ({ publisher }) => {
      for (let i = 0; i < times; i++) publisher.publish(on, update(on, false), () => update(on, true));
    }),
  },
  {
    weight: 5,
    arbitrary: fc.tuple(client, stream, fc.boolean(), fc.boolean()).map(([who, on, resume, patient]): Step => ({ clients }) => {
      const one = clients[who] as Client;
      void one.subscribe(on, resume ? one.place(on) : undefined, patient);
    }),
  },
  {
    weight: 3,
    arbitrary: fc.tuple(client, stream).map(
      ([who, on]): Step =>
        ({ clients }) =>
          (clients[who] as Client).leave(on),
    ),
  },
  {
    weight: 5,
    arbitrary: fc.nat(5).map(
      (nth): Step =>
        ({ pubsub }) =>
          pubsub.answer(nth),
    ),
  },
  {
    weight: 1,
    arbitrary: fc.boolean().map(
      (early): Step =>
        ({ pubsub }) =>
          void (pubsub.readEarly = early),
    ),
  },
  {
    weight: 1,
    arbitrary: fc.boolean().map(
      (atOnce): Step =>
        ({ pubsub }) =>
          void (pubsub.atOnce = atOnce),
    ),
  },
  { weight: 5, arbitrary: fc.constant<Step>(() => settled()) },
  {
    weight: 1,
    arbitrary: fc.tuple(stream, fc.constantFrom('live', 'refused', 'pending')).map(
      ([on, state]): Step =>
        ({ publisher }) =>
          publisher.status(on, state),
    ),
  },
  {
    weight: 1,
    arbitrary: fc.tuple(stream, fc.boolean()).map(([on, live]): Step => ({ publisher }) => {
      publisher.close(on);
      publisher.open(on);
      publisher.status(on, live ? 'live' : 'pending');
    }),
  },
);

describe('Membership, with joins, leaves, resumes, refusals, epochs and late answers in any order', () => {
  it('gives every client the snapshot of its reply and then every newer message, without a gap or a repetition', async () => {
    let checked = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(aStep, { minLength: 10, maxLength: 60, size: 'max' }), async (steps) => {
        const world = createWorld();
        const { pubsub, published, publisher, hub, inner, clients } = world;
        for (const on of STREAMS) publisher.status(on, 'live');
        for (const step of steps) await step(world);
        pubsub.readEarly = false;
        for (const on of STREAMS) publisher.status(on, 'live');
        await settled();
        while (pubsub.unanswered > 0) {
          pubsub.answer(0);
          await settled();
        }

        for (const one of clients) {
          for (const stay of one.stays) {
            const { caughtUp, live } = expected(stay, published);
            const got = stay.delivered;
            const stayed = one.here(stay.stream) === stay;
            expect(got.filter((each) => !each.live).map(({ publication }) => shown(publication))).toEqual(caughtUp);
            const gotLive = got.filter((each) => each.live).map(({ publication }) => place(publication));
            expect(gotLive).toEqual(stayed ? live : live.slice(0, gotLive.length));
            checked += got.length;
          }
          for (const on of STREAMS) one.leave(on);
        }
        expect(hub.channelCount).toBe(0);
        expect(inner.counts()).toEqual({ channels: 0, listeners: 0 });
        expect(Object.values(hub.memberships).every((count) => count === 0)).toBe(true);
      }),
      { numRuns: 1500 },
    );
    expect(checked).toBeGreaterThan(1000);
  });
});

function shown(publication: Publication): string {
  return publication.type === 'snapshot' ? `snapshot ${place(publication)}` : place(publication);
}
