import type { Clock } from '../../clock/clock';
import { Counter } from '../../meters/counter';
import type { Position } from '../../pubsub/publication';
import type { MarketStatus, StreamStatus } from '../../pubsub/status';
import type { AccountItem } from '../../streams/account';
import { ACCOUNT_KINDS, type AccountKind, type AccountStream, accountStream } from '../../streams/stream';
import type { StreamPublisher } from '../stream-publisher';

const NO_STATE = (): undefined => undefined;

/** The account's streams that are served now, and what is told on them. */
export class AccountTeller {
  /** Events by `kind.origin`. */
  readonly events = new Counter();
  private readonly open_ = new Map<AccountKind, AccountStream>();
  private state: StreamStatus['state'] = 'pending';
  private reason = '';
  private market: MarketStatus['state'] | undefined;
  private marketReason = '';

  constructor(
    private readonly publisher: StreamPublisher,
    private readonly clock: Clock,
  ) {}

  get serving(): boolean {
    return this.open_.size > 0;
  }

  serves(kind: AccountKind): boolean {
    return this.open_.has(kind);
  }

  open(kind: AccountKind): void {
    const stream = accountStream(kind);
    this.open_.set(kind, stream);
    this.publisher.open(stream);
    this.publisher.status(stream, this.state, this.reason);
  }

  close(kind: AccountKind): void {
    const stream = this.open_.get(kind);
    if (!stream) return;
    this.open_.delete(kind);
    this.publisher.close(stream);
    this.rest();
  }

  closeAll(): void {
    for (const kind of ACCOUNT_KINDS) this.close(kind);
  }

  /** Somebody else tells of the account. */
  forgetAll(): void {
    for (const stream of this.open_.values()) this.publisher.forget(stream);
    this.open_.clear();
    this.rest();
    this.market = undefined;
  }

  /** @param time when the exchange made it, ms @param received when we read it */
  tell({ kind, item }: AccountItem, time: number, received: number): void {
    const stream = this.open_.get(kind);
    if (!stream) return;
    this.events.add(`${kind}.${item.origin}`);
    this.publisher.publish(stream, { type: 'update', data: item, timestamp: time, received }, NO_STATE);
  }

  /** Where each stream that is served stands now, by name. */
  places(): ReadonlyMap<string, Position> {
    const places = new Map<string, Position>();
    for (const stream of this.open_.values()) {
      const place = this.publisher.place(stream);
      if (place) places.set(stream.name, place);
    }
    return places;
  }

  /** Entries may be missing, and nobody can tell them any more. */
  gap(kind: AccountKind): void {
    const stream = this.open_.get(kind);
    if (stream) this.publisher.gap(stream, this.clock.now());
  }

  accepted(): void {
    this.become('live', '');
  }

  /** A stream that was live has not been refused, it has ended. */
  refused(reason: string): void {
    this.become(this.state === 'live' || this.state === 'unavailable' ? 'unavailable' : 'refused', reason);
  }

  say(state: MarketStatus['state'], reason = ''): void {
    if (state === this.market && reason === this.marketReason) return;
    this.market = state;
    this.marketReason = reason;
    this.publisher.marketStatus('account', state, reason);
  }

  private become(state: StreamStatus['state'], reason: string): void {
    if (state === this.state && reason === this.reason) return;
    this.state = state;
    this.reason = reason;
    for (const stream of this.open_.values()) this.publisher.status(stream, state, reason);
  }

  private rest(): void {
    if (this.open_.size > 0) return;
    this.state = 'pending';
    this.reason = '';
  }
}
