import type { Clock, Timer } from '../clock/clock';
import type { Publication } from '../pubsub/publication';
import { isRefusal, type StreamStatus } from '../pubsub/status';
import type { EventType } from '../streams/event-type';
import { isStateKind, type MarketStream } from '../streams/stream';
import type { Hub } from '../subscriptions/hub';
import type { Membership } from '../subscriptions/membership';
import type { Sink } from '../subscriptions/sink';

const RETRY_MS = 1000;

/** Services are told of no states: what they read after a bad one begins with a snapshot. */
export const SILENT: Pick<Sink, 'streamStatus' | 'marketStatus'> = {
  streamStatus: () => undefined,
  marketStatus: () => undefined,
};

export interface ForwardedTopicDeps {
  readonly hub: Pick<Hub, 'join'>;
  readonly clock: Pick<Clock, 'after'>;
  /** Called on the data path. @param begins the publication is what somebody starts with, and not new */
  readonly send: (topic: ForwardedTopic, publication: Publication, services: readonly string[], begins: boolean) => void;
  /** The exchange does not serve it, and its words. Told once, until it does. */
  readonly refused: (topic: ForwardedTopic, reason: string) => void;
}

/** What hears a topic's stream. */
interface Hearing {
  deliver(publication: Publication, live: boolean): void;
  status?(status: StreamStatus): void;
}

/** One topic, listened to once for all services that asked for it. Each begins with the whole state, if the stream has one. */
export class ForwardedTopic {
  /** Those that get every publication. */
  private services: readonly string[] = [];
  private readonly joining = new Map<string, Joining>();
  private main: Joining | undefined;
  /** Whether the exchange does not serve it: nothing comes until it does. */
  refused = false;

  constructor(
    readonly topic: string,
    readonly stream: MarketStream,
    readonly eventType: EventType,
    private readonly deps: ForwardedTopicDeps,
  ) {}

  get empty(): boolean {
    return this.services.length === 0 && this.joining.size === 0;
  }

  has(service: string): boolean {
    return this.joining.has(service) || this.services.includes(service);
  }

  *all(): Iterable<string> {
    yield* this.services;
    yield* this.joining.keys();
  }

  add(service: string): void {
    if (this.has(service)) return;
    const { main } = this;
    if (!main) this.main = new Joining(this.stream, this, this.deps, () => undefined);
    if (!main?.joined || !isStateKind(this.stream.kind)) {
      this.services = [...this.services, service];
      if (!main) this.main?.begin();
      return;
    }
    const sink: Pick<Sink, 'deliver'> = {
      deliver: (publication, live) => this.deps.send(this, publication, [service], !live),
    };
    const joining = new Joining(this.stream, sink, this.deps, () => {
      // It stands where the others stand: from the next publication on it is one of them.
      joining.end();
      this.joining.delete(service);
      this.services = [...this.services, service];
    });
    this.joining.set(service, joining);
    joining.begin();
  }

  remove(service: string): void {
    this.drop(service);
    if (this.empty) this.end();
  }

  /** Begins with the whole state once more. The stream is not let go meanwhile, be there nobody else. */
  again(service: string): void {
    this.drop(service);
    this.add(service);
  }

  end(): void {
    this.services = [];
    for (const joining of this.joining.values()) joining.end();
    this.joining.clear();
    this.main?.end();
    this.main = undefined;
  }

  deliver(publication: Publication, live: boolean): void {
    this.deps.send(this, publication, this.services, !live);
  }

  status(status: StreamStatus): void {
    // Asked for once more: what was said last stands.
    if (status.state === 'pending') return;
    const refused = isRefusal(status);
    if (refused && !this.refused) this.deps.refused(this, status.reason);
    this.refused = refused;
  }

  private drop(service: string): void {
    this.joining.get(service)?.end();
    this.joining.delete(service);
    if (this.services.includes(service)) this.services = this.services.filter((one) => one !== service);
  }
}

/** A sink's way into a stream, tried again when its place cannot be had. */
class Joining {
  joined = false;
  private membership: Membership | undefined;
  private retry: Timer | undefined;
  private ended = false;

  constructor(
    private readonly stream: MarketStream,
    private readonly sink: Hearing,
    private readonly deps: ForwardedTopicDeps,
    private readonly onJoined: () => void,
  ) {}

  begin(): void {
    if (this.ended) return;
    // The same sink twice would leave with the first of the two memberships.
    const { sink } = this;
    const own: Sink = {
      ...SILENT,
      deliver: (publication, live) => sink.deliver(publication, live),
      streamStatus: (_, status) => sink.status?.(status),
    };
    const membership = this.deps.hub.join(this.stream, own);
    this.membership = membership;
    const found = membership.recover();
    if (!('then' in found)) this.release(membership);
    else {
      found.then(
        () => this.release(membership),
        () => this.failed(membership),
      );
    }
  }

  end(): void {
    this.ended = true;
    this.retry?.cancel();
    this.membership?.leave();
  }

  private release(membership: Membership): void {
    if (this.ended) return;
    membership.release();
    // It may have been said before this one could hear it.
    const status = membership.answer();
    if (status) this.sink.status?.(status);
    this.joined = true;
    this.onJoined();
  }

  /** The new membership begins before the old one ends, so that the exchange is not let go. */
  private failed(membership: Membership): void {
    if (this.ended) return;
    this.retry = this.deps.clock.after(RETRY_MS, () => {
      this.begin();
      membership.leave();
    });
  }
}
