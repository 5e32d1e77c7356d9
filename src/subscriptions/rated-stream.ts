import type { Clock, Timer } from '../clock/clock';
import { Envelope, openTimeIn } from '../pubsub/envelope';
import type { Publication, Recovery } from '../pubsub/publication';
import type { Listening, StreamListener } from '../pubsub/pubsub';
import type { StreamStatus } from '../pubsub/status';
import { wholeStateOf } from '../pubsub/whole-state';
import type { Stream } from '../streams/stream';
import { Channel } from './channel';
import { Membership } from './membership';

/** What every derived stream of the process needs. */
export interface RatedStreamContext {
  readonly base: Listening;
  readonly brand: string;
  readonly clock: Clock;
}

/**
 * The newest state of a state stream, at most once per interval, with numbers of its own. Listens to its base stream once, however
 * many listen here. What comes after a quiet interval comes at once, so a timer runs only while something was delivered lately.
 */
export class RatedStream implements StreamListener {
  private readonly listeners = new Set<StreamListener>();
  private readonly channel: Channel;
  private readonly membership: Membership;
  private readonly envelope: Envelope;
  private joining: Promise<void> | undefined;
  private seq = 0;
  /** A publication or snapshot of the base with the newest whole state that is known here. */
  private state: Publication | undefined;
  /** The state that listeners were given last. */
  private delivered: Publication | undefined;
  /** The base has changed since `state`: only its snapshot tells how it looks now. */
  private behind = false;
  /** How often a whole state came, or was declared void, without being asked for. */
  private turns = 0;
  /** The next message is a snapshot. */
  private anew = true;
  private caughtUp: { readonly state: Publication; readonly snapshot: Publication } | undefined;
  private pause: Timer | undefined;
  private bringing = false;
  private asking: Promise<void> | undefined;
  private stopped = false;

  /**
   * @param base the base stream's name
   * @param epoch of this stream; never used before
   */
  constructor(
    private readonly stream: Stream,
    base: string,
    private readonly intervalMs: number,
    private readonly epoch: string,
    private readonly context: RatedStreamContext,
  ) {
    this.envelope = new Envelope(context.brand, stream.name);
    this.channel = new Channel(base, stream.kind);
    const sink = {
      deliver: (publication: Publication, live: boolean) => this.take(publication, live ? publication.received : 0),
      streamStatus: () => undefined,
      marketStatus: () => undefined,
    };
    this.membership = new Membership(context.base, this.channel, sink, () => context.base.unsubscribe(base, this));
  }

  add(listener: StreamListener): void {
    this.listeners.add(listener);
  }

  /** Returns whether nobody listens any more. */
  remove(listener: StreamListener): boolean {
    this.listeners.delete(listener);
    return this.listeners.size === 0;
  }

  start(): void {
    this.context.base.subscribe(this.channel.stream, this);
    const release = () => {
      this.joining = undefined;
      this.membership.release();
    };
    // Without an answer it begins with what comes live, and with what the first listener's own asking brings.
    this.joining = this.join().then(release, release);
  }

  stop(): void {
    this.stopped = true;
    this.pause?.cancel();
    this.membership.leave();
  }

  publication(publication: Publication): void {
    this.channel.publication(publication);
  }

  status(status: StreamStatus): void {
    if (status.state === 'resyncing') this.forget();
    for (const listener of this.listeners) listener.status(status);
  }

  /** The newest state, which may be newer than the last message; never a part of history, which is not kept. */
  recover(): Recovery | Promise<Recovery> {
    return this.joining || this.behind || !this.state ? this.recovering() : this.standing();
  }

  private async recovering(): Promise<Recovery> {
    await this.joining;
    if (this.behind || !this.state) {
      await this.refresh();
      this.bring(0);
    }
    return this.standing();
  }

  private standing(): Recovery {
    const { epoch, seq } = this;
    return { epoch, seq, publications: this.state ? [this.snapshot(this.state)] : [], recovered: false };
  }

  private async join(): Promise<void> {
    await this.membership.recover();
  }

  private get owed(): boolean {
    return this.behind || (this.state !== undefined && this.state !== this.delivered);
  }

  /** @param received as in {@link Publication} */
  private take(publication: Publication, received: number): void {
    if (publication.type === 'snapshot') this.anew = true;
    if (publication.closed) {
      this.close(publication);
      return;
    }
    if (publication.type === 'delta') this.behind = true;
    else this.become(publication);
    this.bring(received);
  }

  /** A closed candle comes at once. Those that closed during an interruption come late: the newest state is then another candle. */
  private close(candle: Publication): void {
    const late = this.state !== undefined && openTimeIn(this.state.body) > openTimeIn(candle.body);
    if (!late) {
      this.become(candle);
      this.delivered = candle;
    }
    this.publish(candle, candle.received);
  }

  private become(state: Publication): void {
    this.state = state;
    this.behind = false;
    this.turns++;
  }

  /** The exchange's state was lost and is being fetched anew. */
  private forget(): void {
    this.state = undefined;
    this.delivered = undefined;
    this.behind = false;
    this.turns++;
  }

  /** Delivers the newest state, unless it is known or the interval is not over. */
  private bring(received: number): void {
    if (this.pause || this.bringing || this.stopped || !this.owed) return;
    if (!this.behind) {
      this.deliver(received);
      return;
    }
    this.bringing = true;
    const answered = () => {
      this.bringing = false;
      if (!this.stopped) this.deliver(received);
    };
    // When it fails, or the state is being rebuilt, it is asked for again after the interval.
    this.refresh().then(answered, answered);
  }

  private deliver(received: number): void {
    this.pause = this.context.clock.after(this.intervalMs, () => {
      this.pause = undefined;
      this.bring(0);
    });
    if (!this.state || this.state === this.delivered) return;
    this.delivered = this.state;
    this.publish(this.state, received);
  }

  private publish(state: Publication, received: number): void {
    this.seq++;
    const type = this.anew ? 'snapshot' : 'update';
    this.anew = false;
    const publication = this.publicationOf(state, type, received);
    for (const listener of this.listeners) listener.publication(publication);
  }

  /** Asked once, however many wait for it. */
  private refresh(): Promise<void> {
    return (this.asking ??= this.ask().finally(() => (this.asking = undefined)));
  }

  private async ask(): Promise<void> {
    const { turns } = this;
    const { publications } = await this.context.base.recover(this.channel.stream);
    const snapshot = wholeStateOf(publications, this.context.brand);
    // What came by itself meanwhile may be newer.
    if (!snapshot || this.turns !== turns) return;
    this.state = snapshot;
    const { place } = this.channel;
    this.behind = place.epoch === snapshot.epoch && place.seq > snapshot.seq;
  }

  /** Encoded once per state and number, however many ask for it. */
  private snapshot(state: Publication): Publication {
    if (this.caughtUp?.state !== state || this.caughtUp.snapshot.seq !== this.seq) {
      this.caughtUp = { state, snapshot: { ...this.publicationOf(state, 'snapshot', 0), closed: false } };
    }
    return this.caughtUp.snapshot;
  }

  private publicationOf(state: Publication, type: 'snapshot' | 'update', received: number): Publication {
    const { epoch, seq } = this;
    const { name: stream, market, kind } = this.stream;
    const body = this.envelope.renamed({ epoch, seq }, type, state.body);
    return { stream, market, kind, epoch, seq, type, closed: state.closed, received, body };
  }
}
