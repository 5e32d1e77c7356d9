import type { Position, Publication } from '../pubsub/publication';
import type { StreamListener } from '../pubsub/pubsub';
import type { StreamStatus } from '../pubsub/status';
import type { Kind } from '../streams/stream';
import type { Sink } from './sink';

/** Hears a stream before it may be shown: between asking and the first frame. */
export interface Joiner {
  hold(publication: Publication): void;
  answered(status: StreamStatus): void;
}

/** All who listen to one stream on this process. */
export class Channel implements StreamListener {
  readonly sinks = new Set<Sink>();
  readonly joiners = new Set<Joiner>();
  /** Listeners that get nothing for now but want to know how the stream fares. */
  readonly paused = new Set<Sink>();

  /** Where the stream stands, as far as it is known here. */
  place: Position = { epoch: '', seq: 0 };
  /** When the newest publication was read from the exchange, ms since 1970; 0 before the first one that came here. */
  receivedAt = 0;

  constructor(
    /** Its name without the brand. */
    readonly stream: string,
    readonly kind: Kind,
  ) {}

  get empty(): boolean {
    return this.sinks.size === 0 && this.joiners.size === 0 && this.paused.size === 0;
  }

  /** A listener that is being given a place anew may count twice. */
  get listeners(): number {
    return this.sinks.size + this.joiners.size + this.paused.size;
  }

  /** The fan-out: a loop and nothing else. A sink that has had enough may leave during it: a set that is walked allows that. */
  publication(publication: Publication): void {
    this.place = publication;
    this.receivedAt = publication.received;
    for (const sink of this.sinks) sink.deliver(publication, true);
    if (this.joiners.size > 0) for (const joiner of this.joiners) joiner.hold(publication);
  }

  /** Takes note of where the stream was found to stand. An answer that was long on its way may be older than what is known. */
  found({ epoch, seq }: Position): void {
    if (this.place.epoch !== epoch || this.place.seq < seq) this.place = { epoch, seq };
  }

  status(status: StreamStatus): void {
    for (const joiner of this.joiners) joiner.answered(status);
    for (const sink of this.sinks) sink.streamStatus(this.stream, status);
    for (const sink of this.paused) sink.streamStatus(this.stream, status);
  }
}
