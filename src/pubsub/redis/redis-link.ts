import type { Clock, Timer } from '../../clock/clock';
import type { HostPort, RedisAddress } from './address';
import type { Keys } from './keys';
import { type Answered, RedisNode, type Word } from './redis-node';
import type { Script, Scripts } from './scripts';
import { SLOTS, slotOf } from './slot';
import { discover, singleServer, type Topology } from './topology';

/** Time between two messages to ourselves. */
const BEAT_MS = 500;
/** After so many unanswered ones, 2 to 2.5 s, the way is broken. Counted, not timed: a loop that stood still has not listened. */
const BEATS_MISSED = 4;
const ATTEMPT_TIMEOUT_MS = 4000;
const FIRST_DELAY_MS = 50;
const LONGEST_DELAY_MS = 500;
/** One for commands and one for messages, to each server. */
const CONNECTIONS_EACH = 2;

/** The settings do not fit this Redis: trying again will not help. The message says what to change. */
export class RedisSettingsError extends Error {
  override readonly name = 'RedisSettingsError';
}

export interface RedisLinkSettings {
  readonly address: RedisAddress;
  /** How many connections may be open at one time. */
  readonly maxConnections: number;
  /** Unique in the fleet. */
  readonly replica: string;
}

/** One set of connections, from the first attempt to open them until they are given up. */
interface Connected {
  readonly topology: Topology;
  readonly nodes: readonly RedisNode[];
  /** Each node's key and channel for messages to ourselves. */
  readonly beats: readonly string[];
  /** Per node: how many were sent since one was heard. */
  readonly missed: number[];
  readonly unheard: Set<number>;
  readonly subscribed: Map<string, Promise<void>>;
  /** To be subscribed at the end of this turn. */
  readonly fresh: Set<string>;
  next: Promise<void> | undefined;
  count: number;
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
  private current: Connected | undefined;
  private attempts = 0;
  private delay = FIRST_DELAY_MS;
  private readonly timers = new Set<Timer>();
  private knownNodes: readonly HostPort[] = [];
  private isWhole = false;
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
    const connected = this.current;
    if (!connected || !this.isWhole) return Promise.reject(new Error(this.why));
    const known = connected.subscribed.get(channel);
    if (known) return known;
    connected.fresh.add(channel);
    const done = this.subscribeSoon(connected);
    connected.subscribed.set(channel, done);
    return done;
  }

  unlisten(channel: string): void {
    this.listened.delete(channel);
    const connected = this.current;
    if (!connected?.subscribed.delete(channel) || connected.fresh.delete(channel)) return;
    this.nodeOf(connected, channel).unlisten([channel]);
  }

  /** One atomic step; the keys share a slot. Fails at once while not whole. */
  run(script: Script, keys: readonly string[], args: readonly Word[], answered: Answered): void {
    const connected = this.current;
    if (!connected || !this.isWhole) answered(new Error(this.why), undefined);
    else this.send(connected, script, keys, args, answered);
  }

  ask(script: Script, keys: readonly string[], args: readonly Word[]): Promise<unknown> {
    return new Promise((resolve, reject) =>
      this.run(script, keys, args, (error, reply) => (error ? reject(error) : resolve(reply))),
    );
  }

  /** Which run of which server has the key; empty while not whole. */
  runOf(key: string): string {
    return this.current ? this.nodeOf(this.current, key).run : '';
  }

  /** Channels with a subscriber on whatever server, by a glob. */
  async channels(pattern: string): Promise<string[]> {
    const connected = this.current;
    if (!connected || !this.isWhole) throw new Error(this.why);
    const question = this.settings.address.cluster ? 'SHARDCHANNELS' : 'CHANNELS';
    const asked = connected.nodes.map(
      (node) =>
        new Promise<Buffer[]>((resolve, reject) =>
          node.send('PUBSUB', [question, pattern], (error, reply) => (error ? reject(error) : resolve(reply as Buffer[]))),
        ),
    );
    return (await Promise.all(asked)).flat().map((channel) => channel.toString());
  }

  private send(connected: Connected, script: Script, keys: readonly string[], args: readonly Word[], answered: Answered): void {
    this.nodeOf(connected, keys[0] as string).send('EVALSHA', [script.sha, script.keys, ...keys, ...args], answered);
  }

  private nodeOf({ nodes, topology }: Connected, key: string): RedisNode {
    return nodes[this.settings.address.cluster ? topology.ownerOf(slotOf(key)) : 0] as RedisNode;
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
    const topology = address.cluster
      ? await discover(this.nodesToAsk(), address.access)
      : singleServer(address.seeds[0] as HostPort);
    if (attempt !== this.attempts) return;
    const needed = topology.masters.length * CONNECTIONS_EACH;
    if (needed > maxConnections) {
      throw new RedisSettingsError(
        `REDIS_MAX_CONNECTIONS is ${maxConnections}, but a replica needs ${needed} connections to Redis: ` +
          `${CONNECTIONS_EACH} to each of its ${topology.masters.length} master(s). Raise it to ${needed} or more.`,
      );
    }
    const connected = this.connectedTo(topology);
    this.current = connected;
    await Promise.all(connected.nodes.map((node) => node.open(Object.values(this.scripts))));
    if (attempt !== this.attempts) return;
    this.knownNodes = address.cluster ? topology.masters : [];
    await this.subscribe(connected, [...connected.beats, ...this.permanent.keys()]);
    if (attempt !== this.attempts) return;
    this.beat(connected);
    this.timers.add(this.clock.every(BEAT_MS, () => this.beat(connected)));
  }

  /** Another one first each time: a node that is cut off from the cluster knows an old one. */
  private nodesToAsk(): HostPort[] {
    const nodes = [...this.knownNodes, ...this.settings.address.seeds];
    const first = this.attempts % nodes.length;
    return [...nodes.slice(first), ...nodes.slice(0, first)];
  }

  private connectedTo(topology: Topology): Connected {
    const { address, replica } = this.settings;
    const nodes = topology.masters.map((at, i) => {
      const reason = (text: string) => `Redis at ${at.host}:${at.port}: ${text}`;
      return new RedisNode(at, address.access, address.cluster, {
        message: (channel, message) => this.message(connected, i, channel, message),
        lost: (text) => this.failOf(connected, reason(text)),
        changed: (text) => this.failOf(connected, reason(text)),
      });
    });
    const connected: Connected = {
      topology,
      nodes,
      beats: nodes.map((_, i) => this.keys.beat(tagFor(i, topology), replica)),
      missed: nodes.map(() => 0),
      unheard: new Set(nodes.keys()),
      subscribed: new Map(),
      fresh: new Set(),
      next: undefined,
      count: 0,
    };
    return connected;
  }

  /** On every connection there and back. */
  private beat(connected: Connected): void {
    connected.count++;
    for (const [i, { at }] of connected.nodes.entries()) {
      const missed = (connected.missed[i] as number) + 1;
      connected.missed[i] = missed;
      if (missed > BEATS_MISSED) {
        this.fail(new Error(`Redis at ${at.host}:${at.port}: nothing heard for ${(BEATS_MISSED * BEAT_MS) / 1000} s`));
        return;
      }
      const first = connected.count === 1;
      this.send(connected, this.scripts.beat, [connected.beats[i] as string], [connected.count], (error, before) => {
        if (error) this.failOf(connected, `Redis at ${at.host}:${at.port}: ${error.message}`);
        else if (before === null && !first) this.failOf(connected, `Redis at ${at.host}:${at.port}: it has lost its data`);
      });
    }
  }

  private message(connected: Connected, node: number, channel: string, message: Buffer): void {
    if (connected !== this.current) return;
    if (connected.subscribed.has(channel)) {
      this.data(message);
      return;
    }
    const listener = this.permanent.get(channel);
    if (listener) listener(message);
    else if (channel === connected.beats[node]) this.heard(connected, node);
  }

  private heard(connected: Connected, node: number): void {
    connected.missed[node] = 0;
    if (connected.missed.every((missed) => missed === 0)) this.lastHeard = this.clock.monotonic();
    if (!connected.unheard.delete(node) || connected.unheard.size > 0) return;
    this.listenAgain(connected).catch((error: unknown) => this.failOf(connected, String(error)));
  }

  /** Whole only when everything is listened to, also what was asked for meanwhile. */
  private async listenAgain(connected: Connected): Promise<void> {
    for (;;) {
      const rest = [...this.listened].filter((channel) => !connected.subscribed.has(channel));
      if (connected !== this.current) return;
      if (rest.length === 0) break;
      const done = this.subscribe(connected, rest);
      for (const channel of rest) connected.subscribed.set(channel, done);
      await done;
    }
    this.isWhole = true;
    this.why = '';
    this.delay = FIRST_DELAY_MS;
    this.settleFirst?.();
    for (const listener of this.wholeListeners) listener();
  }

  private subscribeSoon(connected: Connected): Promise<void> {
    connected.next ??= new Promise<void>((resolve) => setImmediate(resolve)).then(() => {
      connected.next = undefined;
      const channels = [...connected.fresh];
      connected.fresh.clear();
      return this.subscribe(connected, channels);
    });
    return connected.next;
  }

  private async subscribe(connected: Connected, channels: readonly string[]): Promise<void> {
    const byNode = new Map<RedisNode, string[]>();
    for (const channel of channels) {
      const node = this.nodeOf(connected, channel);
      const its = byNode.get(node);
      if (its) its.push(channel);
      else byNode.set(node, [channel]);
    }
    await Promise.all([...byNode].map(([node, its]) => node.listen(its)));
  }

  private failOf(connected: Connected, reason: string): void {
    if (connected === this.current) this.fail(new Error(reason));
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
    const { current } = this;
    this.current = undefined;
    this.isWhole = false;
    this.why = why;
    for (const node of current?.nodes ?? []) node.close();
  }

  private cancelTimers(): void {
    for (const timer of this.timers) timer.cancel();
    this.timers.clear();
  }
}

/** A tag whose slot the node owns. */
function tagFor(node: number, { ownerOf }: Topology): string {
  for (let i = 0; i < SLOTS * 100; i++) if (ownerOf(slotOf(`beat-${i}`)) === node) return `beat-${i}`;
  throw new Error('a master without slots');
}
