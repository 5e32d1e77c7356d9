import type { Timer } from '../clock/clock';
import type { ExchangeMarket } from '../streams/stream';
import type { MarketStatus } from '../pubsub/status';
import type { RawFrame } from '../transform/transform';
import { categoryOf } from './bybit/topics';
import type { ConnectBreaker } from './connect-breaker';
import { Link } from './link';
import type { LinkDeps, LinkListener, LinkOptions } from './link';
import type { MarketReport } from './report';

export interface FeedListener {
  data(frame: RawFrame, received: number, fresh: boolean, text: string): void;
  accepted(topic: string): void;
  refused(topic: string, words: string): void;
  lost(topic: string): void;
  late(topic: string): void;
  bad(reason: string, problem: string, sample: string): void;
  status(state: MarketStatus['state'], reason: string): void;
}

/** A link whose only topic was refused is kept this long: asking for wrong symbols must not use up the connection budget. */
const EMPTY_LINK_MS = 10_000;

/** One market's topics, spread over as many connections as their args need. No topics, no connections. */
export class Feed {
  private readonly links = new Map<Link, Timer | undefined>();
  private readonly linkOf = new Map<string, Link>();
  /** None yet: whoever served the market before may have called it anything, so the first judgement is always told. */
  private status: MarketStatus['state'] | undefined;
  /** What is wanted now was shown by somebody else, so it must come anew before the market may be called live. */
  private takingOver = false;
  private messages = 0;
  private lastMessageAt: number | null = null;
  private pastReconnects = 0;
  private stopped = false;
  /** Resolves when the sockets of released links are gone. */
  private leaving: Promise<unknown> = Promise.resolve();

  constructor(
    readonly market: ExchangeMarket,
    private readonly options: LinkOptions,
    private readonly deps: LinkDeps & { readonly breaker: ConnectBreaker },
    private readonly listener: FeedListener,
  ) {}

  want(topic: string): void {
    this.place(topic, (link) => link.add(topic));
  }

  /** As {@link want}, in a request of its own: one that may well be refused. */
  wantAlone(topic: string): void {
    this.place(topic, (link) => link.add(topic, true));
  }

  private place(topic: string, add: (link: Link) => void): void {
    if (this.linkOf.has(topic)) return;
    // How old the newest frame is says nothing about a time when nothing was wanted.
    if (this.links.size === 0) this.lastMessageAt = null;
    const existing = this.linkWithRoomFor(topic);
    const link = existing ?? this.newLink();
    this.links.get(link)?.cancel();
    this.links.set(link, undefined);
    this.linkOf.set(topic, link);
    add(link);
    if (this.takingOver) link.owe(topic);
    if (!existing) link.start();
  }

  /** Whether the exchange has accepted the topic on the connection that stands now. */
  isAccepted(topic: string): boolean {
    return this.linkOf.get(topic)?.isAccepted(topic) ?? false;
  }

  drop(topic: string): void {
    const link = this.linkOf.get(topic);
    if (!link) return;
    this.linkOf.delete(topic);
    link.remove(topic);
    if (link.empty) void this.close(link);
  }

  /** Asks the exchange for a fresh start of one topic. */
  renew(topic: string): void {
    this.linkOf.get(topic)?.renew(topic);
  }

  /**
   * Somebody else has shown what is wanted next, and does so no more: why. Of a market that is well served already nothing bad is to
   * be said: a stream that joins it tells by itself that it begins anew, and no change of a connection would take the word back.
   */
  takeOver(reason: string): void {
    for (const link of this.links.keys()) if (link.state === 'up') return;
    this.takingOver = true;
    this.say('stale', reason);
  }

  /** Somebody else serves the market: all connections go, without a word about its state. */
  release(): void {
    const links = [...this.links.keys()];
    for (const timer of this.links.values()) timer?.cancel();
    this.links.clear();
    this.linkOf.clear();
    this.status = undefined;
    this.takingOver = false;
    this.lastMessageAt = null;
    for (const link of links) this.pastReconnects += link.reconnects;
    this.leaving = Promise.all([this.leaving, ...links.map((link) => link.stop())]);
  }

  /** Resolves when all sockets are gone. */
  async stop(): Promise<void> {
    this.stopped = true;
    this.linkOf.clear();
    await Promise.all([this.leaving, ...[...this.links.keys()].map((link) => this.close(link))]);
  }

  report(): MarketReport {
    const links = [...this.links.keys()];
    return {
      market: this.market,
      category: categoryOf(this.market),
      connected: links.length > 0 && links.every((link) => link.open),
      connections: links.filter((link) => link.open).length,
      wantedTopics: this.linkOf.size,
      subscribedTopics: links.reduce((sum, link) => sum + link.acceptedTopics, 0),
      messagesReceived: this.messages,
      reconnects: links.reduce((sum, link) => sum + link.reconnects, this.pastReconnects),
      lastMessageAt: this.lastMessageAt,
      silenceDeadlineMs: links.reduce((longest, link) => Math.max(longest, link.silenceDeadlineMs), this.options.silenceMs),
      breaker: this.deps.breaker.state,
    };
  }

  private linkWithRoomFor(topic: string): Link | undefined {
    for (const link of this.links.keys()) if (link.hasRoomFor(topic)) return link;
    return undefined;
  }

  private newLink(): Link {
    const listener: LinkListener = {
      data: (frame, received, fresh, text) => {
        this.messages++;
        this.lastMessageAt = received;
        this.listener.data(frame, received, fresh, text);
      },
      accepted: (topic) => this.listener.accepted(topic),
      refused: (topic, words) => {
        this.linkOf.delete(topic);
        if (link.empty) this.closeLater(link);
        this.listener.refused(topic, words);
      },
      lost: (topic) => this.listener.lost(topic),
      late: (topic) => this.listener.late(topic),
      bad: (reason, problem, sample) => this.listener.bad(reason, problem, sample),
      changed: () => this.judge(),
    };
    const link: Link = new Link(this.options, this.deps, listener);
    this.links.set(link, undefined);
    return link;
  }

  private closeLater(link: Link): void {
    this.links.get(link)?.cancel();
    this.links.set(
      link,
      this.deps.clock.after(EMPTY_LINK_MS, () => void this.close(link)),
    );
  }

  private async close(link: Link): Promise<void> {
    this.links.get(link)?.cancel();
    this.links.delete(link);
    this.pastReconnects += link.reconnects;
    const gone = link.stop();
    this.judge();
    await gone;
  }

  /** The market is as well as its worst connection; one that is only just connecting says nothing yet. */
  private judge(): void {
    const links = [...this.links.keys()];
    if (links.length === 0) {
      // Of an exchange that nobody needs there is nothing bad to say; the next demand finds out.
      if (!this.stopped) this.say('live', '');
      return;
    }
    const down = links.find((link) => link.state === 'down');
    if (down) {
      this.say('stale', down.trouble);
      return;
    }
    if (links.some((link) => link.state === 'connecting')) return;
    if (links.some((link) => link.state === 'resyncing')) {
      this.say('resyncing', 'upstream connected again');
      return;
    }
    this.say('live', '');
  }

  private say(state: MarketStatus['state'], reason: string): void {
    if (state !== 'stale') this.takingOver = false;
    if (state === this.status) return;
    this.status = state;
    this.listener.status(state, reason);
  }
}
