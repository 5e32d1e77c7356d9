import type { Clock, Timer } from '../../clock/clock';
import type { Keys } from './keys';
import type { RedisLink } from './redis-link';
import type { Scripts } from './scripts';
import type { Announcer } from './redis-wire';

const POLL_MS = 1000;
/** How long an announcement counts before Redis must have shown the subscription. */
const ANNOUNCED_MS = 2000;

type DemandListener = (stream: string, wanted: boolean) => void;

/**
 * What the whole fleet listens to, as Redis itself sees it: the channels that have a subscriber. Whatever ends a replica ends its
 * subscriptions, so nothing has to be counted or taken back. An announcement makes up for the time to the next look.
 */
export class RedisDemand implements Announcer {
  /** Stream -> until when it is wanted without being seen, on the monotonic clock. */
  private readonly streams = new Map<string, number>();
  private readonly listeners: DemandListener[] = [];
  private toAnnounce = new Set<string>();
  private timer: Timer | undefined;
  private looking = false;

  constructor(
    private readonly link: RedisLink,
    private readonly keys: Keys,
    private readonly scripts: Scripts,
    private readonly clock: Clock,
  ) {
    link.hear(keys.demand, (message) => this.announced(message.toString().split(' ')));
    link.onWhole(() => void this.look());
  }

  start(): void {
    this.timer = this.clock.every(POLL_MS, () => void this.look());
  }

  stop(): void {
    this.timer?.cancel();
  }

  wanted(): Iterable<string> {
    return this.streams.keys();
  }

  onDemand(listener: DemandListener): void {
    this.listeners.push(listener);
  }

  /** Tells all replicas at the end of this turn. */
  announce(stream: string): void {
    if (this.toAnnounce.size === 0) {
      setImmediate(() => {
        const streams = [...this.toAnnounce].join(' ');
        this.toAnnounce.clear();
        // Lost, it is made up for by the next look.
        this.link.run(this.scripts.tell, [this.keys.demand], [streams], () => undefined);
      });
    }
    this.toAnnounce.add(stream);
  }

  /** Resolves when the demand is as Redis shows it; while Redis is out of reach it stays as it was. */
  async look(): Promise<void> {
    if (this.looking || !this.link.whole) return;
    this.looking = true;
    const asked = this.clock.monotonic();
    let channels: string[];
    try {
      channels = await this.link.channels(this.keys.channels);
    } catch {
      // The link is broken; it is looked again when it is whole.
      return;
    } finally {
      this.looking = false;
    }
    this.seen(new Set(channels.map((channel) => this.keys.streamOf(channel))), asked);
  }

  private announced(streams: readonly string[]): void {
    const until = this.clock.monotonic() + ANNOUNCED_MS;
    for (const stream of streams) {
      const known = this.streams.has(stream);
      this.streams.set(stream, until);
      if (!known) this.tell(stream, true);
    }
  }

  private seen(streams: ReadonlySet<string>, asked: number): void {
    for (const stream of streams) {
      const until = this.streams.get(stream);
      // Seen, it needs its announcement no more; one that came after we asked is not of what we see.
      if (until === undefined || until - ANNOUNCED_MS <= asked) this.streams.set(stream, 0);
      if (until === undefined) this.tell(stream, true);
    }
    for (const [stream, until] of this.streams) {
      if (streams.has(stream) || until > asked) continue;
      this.streams.delete(stream);
      this.tell(stream, false);
    }
  }

  private tell(stream: string, wanted: boolean): void {
    for (const listener of this.listeners) listener(stream, wanted);
  }
}
