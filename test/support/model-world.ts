import { Envelope } from '../../src/pubsub/envelope';
import type { Position, Publication } from '../../src/pubsub/publication';
import type { MarketStatus, StreamStatus } from '../../src/pubsub/status';
import type { Found, Wire, WireListener } from '../../src/pubsub/wire';
import { parseStreamName } from '../../src/streams/arg';
import { isStateKind, type Stream } from '../../src/streams/stream';

/** Publications that can be had by a place. */
const HISTORY = 6;
/** A snapshot is stored with every so many publications. */
const SNAPSHOT_EVERY = 4;

interface Written {
  readonly step: Publication;
  /** What all messages of the epoch so far add up to. */
  readonly sum: number;
}

interface Served {
  readonly epoch: string;
  readonly written: Written[];
  /** Where the stored snapshot stands; undefined while there is none. */
  snapshotAt: number | undefined;
  status: StreamStatus | undefined;
}

/** What was ever published, in whatever world: sums by stream and place. */
export type Truth = Map<string, Written>;

export function placeOf(stream: string, { epoch, seq }: Position): string {
  return `${stream} ${epoch}:${seq}`;
}

/**
 * A publisher as simple as can be. State streams carry a sum: a snapshot or update holds it, a delta what is added to it. The messages of
 * log streams are numbers that nobody else has.
 */
export class ModelWorld {
  readonly wires: ModelWire[] = [];
  market: MarketStatus | undefined;
  private readonly served = new Map<string, Served>();
  private epochs = 0;

  constructor(
    private readonly name: string,
    private readonly truth: Truth,
    private readonly time: () => number,
  ) {}

  place(stream: string): Position {
    const served = this.served.get(stream);
    return served ? { epoch: served.epoch, seq: served.written.length } : { epoch: '', seq: 0 };
  }

  status(stream: string): StreamStatus | undefined {
    return this.served.get(stream)?.status;
  }

  open(stream: string): void {
    const epoch = `${this.name}.${++this.epochs}`;
    this.served.set(stream, { epoch, written: [], snapshotAt: undefined, status: undefined });
    this.say(stream, (listener) => listener.opened(stream, epoch));
  }

  close(stream: string): void {
    if (this.served.delete(stream)) this.say(stream, (listener) => listener.closed(stream));
  }

  publish(stream: string, whole = false): void {
    const served = this.served.get(stream);
    const { market, kind } = parseStreamName(stream) as Stream;
    if (!served) return;
    const { epoch, written } = served;
    const seq = written.length + 1;
    const amount = this.time();
    const sum = (written.at(-1)?.sum ?? 0) + amount;
    const begins = served.snapshotAt === undefined || whole;
    const type = !isStateKind(kind) ? 'update' : begins ? 'snapshot' : kind === 'orderbook' ? 'delta' : 'update';
    const body = bodyOf(stream, { epoch, seq }, type, type === 'delta' || !isStateKind(kind) ? amount : sum);
    const step = { stream, market, kind, epoch, seq, type, closed: false, received: amount, body } as const;
    written.push({ step, sum });
    this.truth.set(placeOf(stream, step), { step, sum });
    if (isStateKind(kind) && (type === 'snapshot' || seq % SNAPSHOT_EVERY === 0)) served.snapshotAt = seq;
    this.say(stream, (listener) => listener.publication(step), step);
  }

  /** The state is lost; the next message is a snapshot. */
  resync(stream: string): void {
    const served = this.served.get(stream);
    if (!served) return;
    served.snapshotAt = undefined;
    this.setStatus(stream, 'resyncing');
  }

  setStatus(stream: string, state: StreamStatus['state']): void {
    const served = this.served.get(stream);
    if (!served) return;
    const status = { state, reason: '', since: this.time() };
    served.status = status;
    this.say(stream, (listener) => listener.status(stream, status));
  }

  setMarket(state: MarketStatus['state']): void {
    const status: MarketStatus = { market: 'futures', state, reason: '', since: this.time() };
    this.market = status;
    for (const wire of this.wires) wire.carry((listener) => listener.marketStatus(status));
  }

  find(stream: string, since?: Position): Found {
    const served = this.served.get(stream);
    if (!served) return { epoch: '', seq: 0, publications: [], recovered: false, status: undefined };
    const { epoch, written, snapshotAt, status } = served;
    const seq = written.length;
    if (since?.epoch === epoch && since.seq <= seq && seq - since.seq <= HISTORY) {
      return { epoch, seq, publications: written.slice(since.seq).map(({ step }) => step), recovered: true, status };
    }
    if (snapshotAt === undefined) return { epoch, seq, publications: [], recovered: false, status };
    const { step, sum } = written[snapshotAt - 1] as Written;
    const snapshot: Publication = { ...step, type: 'snapshot', body: bodyOf(stream, step, 'snapshot', sum) };
    const following = written.slice(snapshotAt).map((each) => each.step);
    return { epoch, seq, publications: [snapshot, ...following], recovered: false, status };
  }

  private say(stream: string, tell: (listener: WireListener) => void, step?: Publication): void {
    for (const wire of this.wires) if (wire.listens(stream)) wire.carry(tell, step);
  }
}

function bodyOf(stream: string, place: Position, type: 'snapshot' | 'update' | 'delta', amount: number): Buffer {
  const data = { symbol: 'AUSDT', price: String(amount) };
  return new Envelope('mudrex', stream).message(place, { type, data, timestamp: 0, received: amount });
}

/** The newest of these as one snapshot. */
export function wholeOf(publications: readonly Publication[]): Publication | undefined {
  const newest = publications.at(-1);
  const base = publications.findLastIndex(({ type }) => type !== 'delta');
  if (!newest || base < 0) return undefined;
  const sum = publications.slice(base).reduce((so, each) => so + amountIn(each), 0);
  return { ...newest, type: 'snapshot', body: bodyOf(newest.stream, newest, 'snapshot', sum) };
}

/** The number in a message's body. */
export function amountIn({ body }: Publication): number {
  const { data } = JSON.parse(body.toString()) as { data: { price: string } };
  return Number(data.price);
}

interface Asked {
  readonly answer: (fresh: boolean) => void;
  readonly refuse: () => void;
}

/** A wire that moves only when told to, and can do everything wrong that a wire may. */
export class ModelWire implements Wire {
  private listener: WireListener | undefined;
  private readonly listening = new Set<string>();
  private underway: { tell: (listener: WireListener) => void; step: Publication | undefined }[] = [];
  private asked: Asked[] = [];
  private recent: Publication[] = [];
  broken = false;

  constructor(readonly world: ModelWorld) {
    world.wires.push(this);
  }

  get quiet(): boolean {
    return this.underway.length === 0 && this.asked.length === 0;
  }

  hear(listener: WireListener): void {
    if (this.listener) throw new Error('heard already');
    this.listener = listener;
  }

  listens(stream: string): boolean {
    return this.listening.has(stream);
  }

  listen(stream: string): Promise<void> {
    return this.ask(() => void this.listening.add(stream));
  }

  unlisten(stream: string): void {
    this.listening.delete(stream);
    // What is under way still comes, and what had come does not come again.
    this.recent = this.recent.filter((step) => step.stream !== stream);
  }

  fetch(stream: string, since?: Position): Promise<Found> {
    const now = this.world.find(stream, since);
    return this.ask((fresh) => (fresh ? this.world.find(stream, since) : now));
  }

  fetchMarkets(): Promise<MarketStatus[]> {
    return this.ask(() => (this.world.market ? [this.world.market] : []));
  }

  carry(tell: (listener: WireListener) => void, step?: Publication): void {
    if (!this.broken) this.underway.push({ tell, step });
  }

  /** Lets so much arrive. */
  arrive(count: number): void {
    for (const { tell, step } of this.underway.splice(0, count)) {
      if (step) this.recent = [...this.recent.slice(-9), step];
      if (this.listener) tell(this.listener);
    }
  }

  lose(count: number): void {
    const lost = this.underway.splice(0, count);
    // Only publications have numbers by which their loss is noticed.
    this.underway.unshift(...lost.filter(({ step }) => !step));
  }

  /** What has come lately comes again. */
  repeat(which: number): void {
    const step = this.recent[which];
    if (step) this.listener?.publication(step);
  }

  /** @param fresh as things are now; otherwise as they were when asked */
  answer(which: number, fresh: boolean): void {
    const [asked] = this.asked.splice(which % Math.max(1, this.asked.length), 1);
    asked?.answer(fresh);
  }

  break(): void {
    this.broken = true;
    this.underway = [];
    for (const { refuse } of this.asked.splice(0)) refuse();
  }

  restore(): void {
    this.broken = false;
    this.listener?.restored();
  }

  private ask<T>(find: (fresh: boolean) => T): Promise<T> {
    if (this.broken) return Promise.reject(new Error('broken'));
    return new Promise<T>((resolve, reject) => {
      this.asked.push({ answer: (fresh) => resolve(find(fresh)), refuse: () => reject(new Error('broken')) });
    });
  }
}
