import type { Clock, Timer } from '../clock/clock';
import type { RawFrame } from '../transform/transform';
import { backoffMs } from './backoff';
import type { BackoffOptions } from './backoff';
import { MAX_ARGS_LENGTH, argLength } from './bybit/requests';
import { isBusyTopic, isStateTopic } from './bybit/topics';
import type { Category } from './bybit/topics';
import type { ConnectBreaker } from './connect-breaker';
import type { ConnectBudget } from './connect-budget';
import { Connection } from './connection';
import type { KeepAlive, Trouble } from './connection';
import type { UpstreamLog } from './log';
import { SilenceWatch } from './silence-watch';
import type { Dial } from './socket';
import { TopicRequests } from './topic-requests';

export interface LinkOptions {
  readonly url: string;
  readonly category: Category;
  readonly keepAlive: KeepAlive;
  readonly backoff: BackoffOptions;
  readonly silenceMs: number;
  readonly ackTimeoutMs: number;
}

export interface LinkDeps {
  readonly dial: Dial;
  readonly clock: Clock;
  readonly random: () => number;
  readonly breaker: ConnectBreaker;
  readonly budget: ConnectBudget;
  readonly log: UpstreamLog;
}

export interface LinkListener {
  /** `fresh`: the topic was asked for so recently that the frame may be an old one from the exchange's cache. */
  data(frame: RawFrame, received: number, fresh: boolean, text: string): void;
  accepted(topic: string): void;
  /** The link has forgotten the topic. */
  refused(topic: string, words: string): void;
  /** The connection that carried the topic is gone; what comes next comes from another one. */
  lost(topic: string): void;
  bad(reason: string, problem: string, sample: string): void;
  /** {@link Link.state} has changed. */
  changed(): void;
}

/**
 * `connecting`: for the first time, and not yet for long enough to call it trouble. `down`: there is no connection.
 * `resyncing`: connected again, but not everything that was shown before has been renewed. `up`: all is well.
 */
export type LinkState = 'connecting' | 'down' | 'resyncing' | 'up';

/** A first connection that takes longer than this is trouble worth telling. */
const CONNECT_GRACE_MS = 2_000;
/** How long a reconnected link waits for fresh snapshots of topics that may have nothing to say: candles come every 1 to 60 s. */
const RESYNC_MS = 3_000;
/** The burst after a subscribe begins with a snapshot from the exchange's cache, up to 2 s old. */
const FRESH_MS = 2_000;

/** A share of a market's topics and the connection that carries them, renewed for as long as the link has topics. */
export class Link {
  /** Topic -> when its first frame came on this connection. */
  private readonly topics = new Map<string, number | undefined>();
  private argsLength = 0;
  private busyTopics = 0;
  private connection: Connection | undefined;
  private requests: TopicRequests | undefined;
  private readonly silence: SilenceWatch;
  private timer: Timer | undefined;
  private grace: Timer | undefined;
  private resyncDeadline: Timer | undefined;
  /** State topics whose fresh snapshot is awaited after a reconnect. */
  private readonly awaited = new Set<string>();
  private current: LinkState = 'connecting';
  private stopped = false;
  private failures = 0;
  /** Settles the breaker's try: a connection has proven itself when the exchange says anything on it. */
  private proven: (() => void) | undefined;
  private disproven: ((error: Error) => void) | undefined;
  /** Why the link is down. */
  trouble: Trouble = 'upstream unreachable';
  /** Connections made after the first one. */
  reconnects = 0;
  private connects = 0;

  constructor(
    private readonly options: LinkOptions,
    private readonly deps: LinkDeps,
    private readonly listener: LinkListener,
  ) {
    this.silence = new SilenceWatch(options.silenceMs, deps.clock, () =>
      this.connection?.fail('upstream silent', `no data for ${this.silence.deadlineMs} ms`),
    );
  }

  get state(): LinkState {
    return this.current;
  }

  get open(): boolean {
    return this.connection?.open ?? false;
  }

  get empty(): boolean {
    return this.topics.size === 0;
  }

  get acceptedTopics(): number {
    return this.requests?.accepted ?? 0;
  }

  get silenceDeadlineMs(): number {
    return this.silence.deadlineMs;
  }

  isAccepted(topic: string): boolean {
    return this.requests?.isAccepted(topic) ?? false;
  }

  hasRoomFor(topic: string): boolean {
    return this.argsLength + argLength(topic) <= MAX_ARGS_LENGTH;
  }

  start(): void {
    this.grace = this.deps.clock.after(CONNECT_GRACE_MS, () => {
      if (this.current === 'connecting') this.become('down');
    });
    this.connect();
  }

  add(topic: string): void {
    this.topics.set(topic, undefined);
    this.argsLength += argLength(topic);
    if (isBusyTopic(this.options.category, topic)) this.silence.setBusy(++this.busyTopics > 0);
    this.requests?.subscribe(topic);
  }

  remove(topic: string): void {
    if (!this.forget(topic)) return;
    this.requests?.unsubscribe(topic);
    this.checkResynced();
  }

  /** Asks the exchange for a fresh start of one topic. */
  renew(topic: string): void {
    this.requests?.renew(topic);
  }

  /** Resolves when the socket is gone. */
  stop(): Promise<void> {
    this.stopped = true;
    this.timer?.cancel();
    this.grace?.cancel();
    this.leaveConnection();
    // The try was neither a success nor a failure of the exchange; the breaker takes it as the former.
    this.proven?.();
    return this.connection?.close() ?? Promise.resolve();
  }

  private forget(topic: string): boolean {
    if (!this.topics.delete(topic)) return false;
    this.argsLength -= argLength(topic);
    if (isBusyTopic(this.options.category, topic)) this.silence.setBusy(--this.busyTopics > 0);
    this.awaited.delete(topic);
    return true;
  }

  private connect(): void {
    const budgetMs = this.deps.budget.waitMs();
    if (budgetMs > 0) {
      this.deps.log.warn({ url: this.options.url, waitMs: budgetMs }, 'too many new connections to the exchange; waiting');
      this.connectIn(budgetMs);
      return;
    }
    void this.deps.breaker
      .run(() => this.attempt())
      .then((waitMs) => {
        if (waitMs === 0 || this.stopped) return;
        this.deps.log.warn({ url: this.options.url, waitMs }, 'too many failed tries to reach the exchange; waiting');
        this.connectIn(waitMs);
      });
  }

  private connectIn(ms: number): void {
    if (this.stopped) return;
    this.timer?.cancel();
    this.timer = this.deps.clock.after(ms, () => this.connect());
  }

  /** Opens a connection; the promise says whether the exchange was there. */
  private attempt(): Promise<void> {
    if (this.stopped) return Promise.resolve();
    // Many may have waited together for the breaker's one try; what the budget does not allow then counts as a failure.
    if (!this.deps.budget.take()) {
      this.connectIn(this.deps.budget.waitMs());
      return Promise.reject(new Error('connection budget used up'));
    }
    return new Promise((resolve, reject) => {
      this.proven = resolve;
      this.disproven = reject;
      const { url, keepAlive } = this.options;
      this.connection = new Connection(this.deps.dial, url, keepAlive, this.deps.clock, {
        opened: () => this.opened(),
        data: (frame, received, text) => this.data(frame, received, text),
        ack: (ack) => {
          this.prove();
          this.requests?.ack(ack);
          this.checkResynced();
        },
        bad: (reason, problem, sample) => this.listener.bad(reason, problem, sample),
        closed: (trouble, detail) => this.closed(trouble, detail),
      });
      this.connection.start();
    });
  }

  private prove(): void {
    this.failures = 0;
    this.proven?.();
    this.proven = this.disproven = undefined;
  }

  private opened(): void {
    const { category, ackTimeoutMs, url } = this.options;
    this.grace?.cancel();
    if (this.connects++ > 0) this.reconnects++;
    const topics = [...this.topics.keys()];
    this.deps.log.info({ url, topics: topics.length, reconnects: this.reconnects }, 'connected to the exchange');
    this.requests = new TopicRequests(category, ackTimeoutMs, this.deps.clock, {
      send: (text) => this.connection?.send(text),
      accepted: (topic) => {
        if (this.topics.has(topic)) this.listener.accepted(topic);
      },
      refused: (topic, words) => {
        if (this.forget(topic)) this.listener.refused(topic, words);
      },
      stuck: () => this.connection?.fail('upstream not answering', 'no ack'),
    });
    for (const topic of topics) this.requests.subscribe(topic);
    this.silence.opened();
    if (this.current !== 'down') {
      this.become('up');
      return;
    }
    this.resyncDeadline = this.deps.clock.after(RESYNC_MS, () => {
      this.awaited.clear();
      this.checkResynced();
    });
    this.become('resyncing');
    this.checkResynced();
  }

  private data(frame: RawFrame, received: number, text: string): void {
    const { topic } = frame;
    this.prove();
    this.silence.data(received);
    if (!this.topics.has(topic)) {
      if (!this.requests?.isLeaving(topic)) this.listener.bad('unknown_topic', `nobody asked for ${topic.slice(0, 60)}`, text);
      return;
    }
    let heardAt = this.topics.get(topic);
    if (heardAt === undefined) {
      heardAt = received;
      this.topics.set(topic, received);
      this.awaited.delete(topic);
      this.requests?.heard(topic);
    }
    this.listener.data(frame, received, received - heardAt < FRESH_MS, text);
    if (this.current === 'resyncing') this.checkResynced();
  }

  private closed(trouble: Trouble, detail: string): void {
    const { url, backoff } = this.options;
    const wasOpen = this.requests !== undefined;
    this.leaveConnection();
    this.connection = undefined;
    this.trouble = trouble;
    const waitMs = backoffMs(backoff, this.failures++, this.deps.random);
    this.deps.log.warn({ url, trouble, detail, waitMs: Math.round(waitMs) }, 'lost the connection to the exchange');
    // A first connection that fails at once stays in its grace: the next try may do it.
    if (wasOpen || this.current !== 'connecting') this.become('down');
    if (wasOpen) this.lose();
    this.disproven?.(new Error(detail));
    this.proven = this.disproven = undefined;
    this.connectIn(waitMs);
  }

  private lose(): void {
    for (const [topic, heardAt] of this.topics) {
      if (heardAt !== undefined && isStateTopic(topic)) this.awaited.add(topic);
      this.topics.set(topic, undefined);
      this.listener.lost(topic);
    }
  }

  private leaveConnection(): void {
    this.requests?.stop();
    this.requests = undefined;
    this.silence.closed();
    this.resyncDeadline?.cancel();
  }

  private checkResynced(): void {
    if (this.current === 'resyncing' && this.awaited.size === 0 && this.requests?.settled) this.become('up');
  }

  private become(state: LinkState): void {
    if (state === this.current) return;
    this.current = state;
    this.listener.changed();
  }
}
