import type { Timer } from '../clock/clock';
import type { RawFrame } from '../transform/transform';
import type { BackoffOptions } from './backoff';
import { MAX_ARGS_LENGTH, argLength } from './bybit/requests';
import { isBusyTopic } from './bybit/topics';
import type { Category } from './bybit/topics';
import { ConnectTries } from './connect-tries';
import type { ConnectTriesDeps } from './connect-tries';
import { Connection } from './connection';
import type { KeepAlive, Trouble } from './connection';
import { Renewal } from './renewal';
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

export interface LinkDeps extends ConnectTriesDeps {
  readonly dial: Dial;
}

export interface LinkListener {
  /** `fresh`: the topic was asked for so recently that the frame may be an old one from the exchange's cache. */
  data(frame: RawFrame, received: number, fresh: boolean, text: string): void;
  accepted(topic: string): void;
  /** The link has forgotten the topic. */
  refused(topic: string, words: string): void;
  /** The connection that carried the topic is gone; what comes next comes from another one. */
  lost(topic: string): void;
  /** The new connection is called well, though this topic's snapshot has not come on it. */
  late(topic: string): void;
  bad(reason: string, problem: string, sample: string): void;
  /** {@link Link.state} has changed. */
  changed(): void;
}

/**
 * `connecting`: for the first time, and not yet for long enough to call it trouble. `down`: there is no connection, or none that
 * delivers anything.
 * `resyncing`: connected again, but not everything that was shown before has been renewed. `up`: all is well.
 */
export type LinkState = 'connecting' | 'down' | 'resyncing' | 'up';

/** A first connection that takes longer than this is trouble worth telling. */
const CONNECT_GRACE_MS = 2_000;
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
  private grace: Timer | undefined;
  private readonly renewal: Renewal;
  private current: LinkState = 'connecting';
  private readonly tries: ConnectTries;
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
    this.tries = new ConnectTries(options.url, options.backoff, deps, () => this.connect());
    this.silence = new SilenceWatch(options.silenceMs, deps.clock, () =>
      this.connection?.fail('upstream silent', `no data for ${this.silence.deadlineMs} ms`),
    );
    this.renewal = new Renewal(
      deps.clock,
      options.silenceMs,
      () => this.checkResynced(),
      () => this.nothingComes(),
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
    this.tries.begin();
  }

  /** @param alone in a request of its own, if the connection stands */
  add(topic: string, alone = false): void {
    this.topics.set(topic, undefined);
    this.argsLength += argLength(topic);
    if (isBusyTopic(this.options.category, topic)) this.silence.setBusy(++this.busyTopics > 0);
    if (alone) this.requests?.subscribeAlone(topic);
    else this.requests?.subscribe(topic);
  }

  /** Somebody else has shown a topic of this link: it must come anew before the link may be called well. */
  owe(topic: string): void {
    this.renewal.lost(topic);
    if (this.current === 'connecting') this.current = 'down';
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
    this.grace?.cancel();
    this.leaveConnection();
    this.tries.stop();
    return this.connection?.close() ?? Promise.resolve();
  }

  private forget(topic: string): boolean {
    if (!this.topics.delete(topic)) return false;
    this.argsLength -= argLength(topic);
    if (isBusyTopic(this.options.category, topic)) this.silence.setBusy(--this.busyTopics > 0);
    this.renewal.forget(topic);
    return true;
  }

  private connect(): void {
    const { url, keepAlive } = this.options;
    this.connection = new Connection(this.deps.dial, url, keepAlive, this.deps.clock, {
      opened: () => this.opened(),
      data: (frame, received, text) => this.data(frame, received, text),
      ack: (ack) => {
        this.tries.proven();
        this.requests?.ack(ack);
        this.checkResynced();
      },
      bad: (reason, problem, sample) => this.listener.bad(reason, problem, sample),
      closed: (trouble, detail) => this.closed(trouble, detail),
    });
    this.connection.start();
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
    this.renewal.begin();
    this.become('resyncing');
    this.checkResynced();
  }

  private data(frame: RawFrame, received: number, text: string): void {
    const { topic } = frame;
    this.tries.proven();
    this.silence.data();
    if (!this.topics.has(topic)) {
      if (!this.requests?.isLeaving(topic)) this.listener.bad('unknown_topic', `nobody asked for ${topic.slice(0, 60)}`, text);
      return;
    }
    let heardAt = this.topics.get(topic);
    if (heardAt === undefined) {
      heardAt = received;
      this.topics.set(topic, received);
      this.renewal.heard(topic);
      this.requests?.heard(topic);
    }
    if (this.current === 'down') this.become('resyncing');
    this.listener.data(frame, received, received - heardAt < FRESH_MS, text);
    if (this.current === 'resyncing') this.checkResynced();
  }

  private closed(trouble: Trouble, detail: string): void {
    const wasOpen = this.requests !== undefined;
    this.leaveConnection();
    this.connection = undefined;
    this.trouble = trouble;
    if (trouble === 'upstream silent') this.renewal.doubt();
    // A first connection that fails at once stays in its grace: the next try may do it.
    if (wasOpen || this.current !== 'connecting') this.become('down');
    if (wasOpen) this.lose();
    const waitMs = Math.round(this.tries.failed(detail));
    this.deps.log.warn({ url: this.options.url, trouble, detail, waitMs }, 'lost the connection to the exchange');
  }

  private lose(): void {
    for (const [topic, heardAt] of this.topics) {
      if (heardAt !== undefined) this.renewal.lost(topic);
      this.topics.set(topic, undefined);
      this.listener.lost(topic);
    }
  }

  private leaveConnection(): void {
    this.requests?.stop();
    this.requests = undefined;
    this.silence.closed();
    this.renewal.end();
  }

  private checkResynced(): void {
    if (this.current !== 'resyncing' && this.current !== 'down') return;
    if (!this.requests?.settled || !this.renewal.isDone(this.busyTopics > 0)) return;
    this.renewal.end();
    for (const topic of this.renewal.missing()) this.listener.late(topic);
    this.become('up');
  }

  /** The connection stands and has brought nothing for as long as silence is borne: that is no better than none. */
  private nothingComes(): void {
    if (this.current !== 'resyncing') return;
    this.trouble = 'upstream silent';
    this.become('down');
  }

  private become(state: LinkState): void {
    if (state === this.current) return;
    this.current = state;
    this.listener.changed();
  }
}
