import type { Clock, Timer } from '../../clock/clock';
import type { HostPort } from './address';
import type { Keys } from './keys';
import { BEAT_MS, Connections, type ConnectionsSettings } from './connections';
import type { Answered, Word } from './redis-node';
import type { Script, Scripts } from './scripts';
import { discover, singleServer, type Topology } from './topology';

const ATTEMPT_TIMEOUT_MS = 4000;
const FIRST_DELAY_MS = 50;
const LONGEST_DELAY_MS = 500;
/** One for commands and one for messages, to each server. */
const CONNECTIONS_EACH = 2;

/** The settings do not fit this Redis: trying again will not help. The message says what to change. */
export class RedisSettingsError extends Error {
  override readonly name = 'RedisSettingsError';
}

export interface RedisLinkSettings extends ConnectionsSettings {
  /** How many connections may be open at one time. */
  readonly maxConnections: number;
}

/**
 * The way to Redis: to one server, or to every master of a cluster. It is whole while messages to ourselves come back over every
 * connection. When anything is wrong with it, all connections are given up and made anew: what was not answered has failed and what
 * was not heard is lost, and everybody who uses it hears so.
 */
export class RedisLink {
  private readonly permanent = new Map<string, (message: Buffer) => void>();
  private readonly listened = new Set<string>();
  private data: (message: Buffer) => void = () => undefined;
  private readonly wholeListeners: (() => void)[] = [];
  private readonly brokenListeners: ((reason: string) => void)[] = [];
  private current: Connections | undefined;
  private attempts = 0;
  /** Of the search for the masters of a cluster. */
  private exploring: AbortController | undefined;
  private delay = FIRST_DELAY_MS;
  private readonly timers = new Set<Timer>();
  private knownNodes: readonly HostPort[] = [];
  private isWhole = false;
  /** Those whose listening has been begun anew. */
  private listeningAgain: Connections | undefined;
  private why = 'not connected yet';
  private lastHeard: number;
  private settleFirst: ((error?: RedisSettingsError) => void) | undefined;

  constructor(
    private readonly settings: RedisLinkSettings,
    private readonly keys: Keys,
    private readonly scripts: Scripts,
    private readonly clock: Clock,
    private readonly random: () => number,
  ) {
    this.lastHeard = clock.monotonic();
  }

  /**
   * Resolves when Redis was reached or could not be reached for the first time; it is tried again for ever.
   * @throws RedisSettingsError
   */
  start(): Promise<void> {
    this.lastHeard = this.clock.monotonic();
    return new Promise((resolve, reject) => {
      this.settleFirst = (error) => (error ? reject(error) : resolve());
      this.attempt();
    });
  }

  stop(): void {
    this.giveUp('stopped');
    this.settleFirst?.();
  }

  get whole(): boolean {
    return this.isWhole;
  }

  /** Why it is not whole. */
  get reason(): string {
    return this.why;
  }

  /** When Redis gave its last sign of life on every connection, on the monotonic clock; the start when there was none. */
  get heardAt(): number {
    return this.lastHeard;
  }

  onWhole(listener: () => void): void {
    this.wholeListeners.push(listener);
  }

  /** Told once each time it was whole. */
  onBroken(listener: (reason: string) => void): void {
    this.brokenListeners.push(listener);
  }

  /** Hears a channel from the start and for good. */
  hear(channel: string, listener: (message: Buffer) => void): void {
    this.permanent.set(channel, listener);
  }

  /** Hears all channels that are listened to. */
  hearData(listener: (message: Buffer) => void): void {
    this.data = listener;
  }

  /** Resolves when all that is published from now on will be heard. Rejects while not whole; at the next `whole` it is listened to. */
  listen(channel: string): Promise<void> {
    this.listened.add(channel);
    return this.usable?.listen(channel) ?? Promise.reject(new Error(this.why));
  }

  unlisten(channel: string): void {
    this.listened.delete(channel);
    this.current?.unlisten(channel);
  }

  /** One atomic step; the keys share a slot. Fails at once while not whole. */
  run(script: Script, keys: readonly string[], args: readonly Word[], answered: Answered): void {
    const { usable } = this;
    if (usable) usable.send(script, keys, args, answered);
    else answered(new Error(this.why), undefined);
  }

  ask(script: Script, keys: readonly string[], args: readonly Word[]): Promise<unknown> {
    return new Promise((resolve, reject) =>
      this.run(script, keys, args, (error, reply) => (error ? reject(error) : resolve(reply))),
    );
  }

  /** Which run of which server has the key; empty while not whole. */
  runOf(key: string): string {
    return this.usable?.runOf(key) ?? '';
  }

  /** Channels with a subscriber, by a glob. */
  channels(pattern: string): Promise<string[]> {
    return this.usable?.channels(pattern) ?? Promise.reject(new Error(this.why));
  }

  private get usable(): Connections | undefined {
    return this.isWhole ? this.current : undefined;
  }

  private attempt(): void {
    const attempt = ++this.attempts;
    const limit = this.clock.after(ATTEMPT_TIMEOUT_MS, () => {
      // Once it is whole its beats say how it is.
      if (!this.isWhole) this.fail(new Error('Redis did not answer in time'));
    });
    this.timers.add(limit);
    this.connect(attempt).catch((error: unknown) => {
      if (attempt === this.attempts) this.fail(error instanceof Error ? error : new Error(String(error)));
    });
  }

  private async connect(attempt: number): Promise<void> {
    const { address, maxConnections } = this.settings;
    const topology = address.cluster ? await this.explore() : singleServer(address.seeds[0] as HostPort);
    if (attempt !== this.attempts) return;
    const needed = topology.masters.length * CONNECTIONS_EACH;
    if (needed > maxConnections) {
      throw new RedisSettingsError(
        `REDIS_MAX_CONNECTIONS is ${maxConnections}, but a replica needs ${needed} connections to Redis: ` +
          `${CONNECTIONS_EACH} to each of its ${topology.masters.length} master(s). Raise it to ${needed} or more.`,
      );
    }
    const connections: Connections = new Connections(topology, this.settings, this.keys, this.scripts, {
      message: (channel, message) => {
        if (connections === this.current) this.message(connections, channel, message);
      },
      heard: (all) => {
        if (connections === this.current) this.heard(connections, all);
      },
      failed: (reason) => this.failOf(connections, reason),
    });
    this.current = connections;
    await connections.open([...this.permanent.keys()]);
    if (attempt !== this.attempts) return;
    this.knownNodes = address.cluster ? topology.masters : [];
    connections.beat();
    this.timers.add(this.clock.every(BEAT_MS, () => connections.beat()));
  }

  private explore(): Promise<Topology> {
    this.exploring = new AbortController();
    return discover(this.nodesToAsk(), this.settings.address.access, this.clock, this.exploring.signal);
  }

  /** Another one first each time: a node that is cut off from the cluster knows an old one. */
  private nodesToAsk(): HostPort[] {
    const nodes = [...this.knownNodes, ...this.settings.address.seeds];
    const first = this.attempts % nodes.length;
    return [...nodes.slice(first), ...nodes.slice(0, first)];
  }

  private message({ subscribed }: Connections, channel: string, message: Buffer): void {
    if (subscribed.has(channel)) this.data(message);
    else this.permanent.get(channel)?.(message);
  }

  private heard(connections: Connections, all: boolean): void {
    if (all) this.lastHeard = this.clock.monotonic();
    if (!connections.proven || this.listeningAgain === connections) return;
    this.listeningAgain = connections;
    this.listenAgain(connections).catch((error: unknown) => this.failOf(connections, String(error)));
  }

  /** Whole only when everything is listened to, also what was asked for meanwhile. */
  private async listenAgain(connections: Connections): Promise<void> {
    for (;;) {
      const rest = [...this.listened].filter((channel) => !connections.subscribed.has(channel));
      if (rest.length === 0) break;
      await Promise.all(rest.map((channel) => connections.listen(channel)));
      if (connections !== this.current) return;
    }
    this.isWhole = true;
    this.why = '';
    this.delay = FIRST_DELAY_MS;
    this.settleFirst?.();
    for (const listener of this.wholeListeners) listener();
  }

  private failOf(connections: Connections, reason: string): void {
    if (connections === this.current) this.fail(new Error(reason));
  }

  private fail(error: Error): void {
    const wasWhole = this.whole;
    this.giveUp(error.message);
    this.settleFirst?.(error instanceof RedisSettingsError ? error : undefined);
    this.timers.add(this.clock.after(this.delay * (0.5 + this.random() / 2), () => this.attemptAgain()));
    this.delay = Math.min(this.delay * 2, LONGEST_DELAY_MS);
    if (wasWhole) for (const listener of this.brokenListeners) listener(this.why);
  }

  private attemptAgain(): void {
    this.cancelTimers();
    this.attempt();
  }

  /** Fails what is under way, which must find the link broken already. */
  private giveUp(why: string): void {
    this.attempts++;
    this.cancelTimers();
    this.exploring?.abort();
    this.exploring = undefined;
    const { current } = this;
    this.current = undefined;
    this.isWhole = false;
    this.why = why;
    current?.close();
  }

  private cancelTimers(): void {
    for (const timer of this.timers) timer.cancel();
    this.timers.clear();
  }
}
