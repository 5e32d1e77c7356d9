import type { Clock } from '../clock/clock';
import { isStateKind, type Market, type Stream } from '../streams/stream';
import type { Message } from '../streams/message';
import { Envelope } from './envelope';
import type { Position, Publication } from './publication';
import type { Inherited, Publishing, SnapshotSource } from './pubsub';
import type { MarketStatus, StreamStatus } from './status';

interface Numbered {
  readonly stream: Stream;
  readonly epoch: string;
  readonly envelope: Envelope;
  seq: number;
  /** The whole state after message `seq`; asked only when somebody joins. */
  state: () => Message | undefined;
  readonly snapshot: SnapshotSource | undefined;
}

/** Numbers the messages of the streams it has opened and encodes each once. */
export class Publisher {
  private readonly open_ = new Map<string, Numbered>();
  private epochs = 0;

  /** @param boot makes epochs of this process differ from those of any other; letters, digits, dots and dashes only */
  constructor(
    private readonly pubsub: Publishing,
    private readonly brand: string,
    private readonly clock: Clock,
    private readonly boot: string,
  ) {}

  /** Goes on with a stream that another process has published and whose place is returned; otherwise begins a new epoch. */
  open(stream: Stream): Inherited | undefined {
    const inherited = this.pubsub.inherited(stream.name);
    const epoch = inherited?.epoch ?? `${this.boot}.${++this.epochs}`;
    const envelope = new Envelope(this.brand, stream.name);
    const numbered: Numbered = {
      stream,
      epoch,
      envelope,
      seq: inherited?.seq ?? 0,
      state: () => undefined,
      snapshot: isStateKind(stream.kind) ? snapshotOf(() => numbered) : undefined,
    };
    this.open_.set(stream.name, numbered);
    if (!inherited) this.pubsub.open(stream.name, epoch);
    return inherited;
  }

  /** @param state whole state right after this message, for those who join later */
  publish(stream: Stream, message: Message, state: () => Message | undefined): void {
    const numbered = this.open_.get(stream.name);
    if (!numbered) return;
    numbered.seq++;
    numbered.state = state;
    this.pubsub.publish(publicationOf(numbered, message), numbered.snapshot);
  }

  /** That of the newest message of a stream that is open here. */
  place(stream: Stream): Position | undefined {
    const numbered = this.open_.get(stream.name);
    return numbered && { epoch: numbered.epoch, seq: numbered.seq };
  }

  /** Says that entries of a log stream were lost on their way to us. */
  gap(stream: Stream, received: number): void {
    const numbered = this.open_.get(stream.name);
    if (!numbered) return;
    const { epoch, envelope } = numbered;
    const seq = ++numbered.seq;
    const { name, market, kind } = stream;
    const body = envelope.gap({ epoch, seq }, 'upstream_reconnect');
    this.pubsub.publish({ stream: name, market, kind, epoch, seq, type: 'gap', closed: false, received, body }, undefined);
  }

  status(stream: Stream, state: StreamStatus['state'], reason = ''): void {
    if (this.open_.has(stream.name)) this.pubsub.setStreamStatus(stream.name, { state, reason, since: this.clock.now() });
  }

  marketStatus(market: Market, state: MarketStatus['state'], reason = ''): void {
    this.pubsub.setMarketStatus({ market, state, reason, since: this.clock.now() });
  }

  /** Ends the epoch. */
  close(stream: Stream): void {
    this.open_.delete(stream.name);
    this.pubsub.close(stream.name);
  }

  /** Another process goes on with the epoch: nothing more of it is published here. */
  forget(stream: Stream): void {
    this.open_.delete(stream.name);
  }
}

function publicationOf({ stream, epoch, envelope, seq }: Numbered, message: Message): Publication {
  return {
    stream: stream.name,
    market: stream.market,
    kind: stream.kind,
    epoch,
    seq,
    type: message.type,
    closed: message.closed === true,
    received: message.received,
    body: envelope.message({ epoch, seq }, message),
  };
}

/** A snapshot is encoded once per number, however many ask for it. */
function snapshotOf(numbered: () => Numbered): SnapshotSource {
  let last: Publication | undefined;
  return () => {
    const now = numbered();
    const state = now.state();
    if (!state) return undefined;
    if (last?.seq !== now.seq) last = publicationOf(now, state);
    return last;
  };
}
