import type { RedisAddress } from './address';
import type { Keys } from './keys';
import { type Answered, RedisNode, type Word } from './redis-node';
import type { Script, Scripts } from './scripts';
import { SLOTS, slotOf } from './slot';
import type { Topology } from './topology';

/** Time between two messages to ourselves. */
export const BEAT_MS = 500;
/** After so many unanswered ones, 2 to 2.5 s, a connection is dead. Counted, not timed: a loop that stood still has not listened. */
const BEATS_MISSED = 4;

export interface ConnectionsSettings {
  readonly address: RedisAddress;
  /** Unique in the fleet. */
  readonly replica: string;
}

export interface ConnectionsListener {
  /** Of a channel that was subscribed, other than our own for messages to ourselves. */
  message(channel: string, message: Buffer): void;
  /** A message to ourselves has come back. @param all whether none is missing on any connection */
  heard(all: boolean): void;
  /** One of them is of no use any more. May be told again. */
  failed(reason: string): void;
}

/** One set of connections to Redis, one server or all masters of a cluster, from when they are opened until they are given up. */
export class Connections {
  /** Channels, and when their subscription is or was acknowledged. */
  readonly subscribed = new Map<string, Promise<void>>();
  private readonly nodes: readonly RedisNode[];
  /** Each node's key and channel for messages to ourselves. */
  private readonly beats: readonly string[];
  /** Per node: how many were sent since one was heard. */
  private readonly missed: number[];
  private readonly unheard: Set<number>;
  /** To be subscribed at the end of this turn. */
  private readonly fresh = new Set<string>();
  private next: Promise<void> | undefined;
  private count = 0;

  constructor(
    private readonly topology: Topology,
    private readonly settings: ConnectionsSettings,
    keys: Keys,
    private readonly scripts: Scripts,
    private readonly listener: ConnectionsListener,
  ) {
    const { address, replica } = settings;
    this.nodes = topology.masters.map(
      (at, i) =>
        new RedisNode(at, address.access, address.cluster, {
          message: (channel, message) => this.message(i, channel, message),
          lost: (reason) => this.fail(i, reason),
          changed: (reason) => this.fail(i, reason),
        }),
    );
    this.beats = this.nodes.map((_, i) => keys.beat(tagFor(i, topology), replica));
    this.missed = this.nodes.map(() => 0);
    this.unheard = new Set(this.nodes.keys());
  }

  /** Resolves when all are open and hear these channels. */
  async open(channels: readonly string[]): Promise<void> {
    await Promise.all(this.nodes.map((node) => node.open(Object.values(this.scripts))));
    await this.subscribe([...this.beats, ...channels]);
  }

  /** Ends all at once. What was not answered fails. */
  close(): void {
    for (const node of this.nodes) node.close();
  }

  /** Whether a message to ourselves has come back over every connection. */
  get proven(): boolean {
    return this.unheard.size === 0;
  }

  /** Sends a message to ourselves over every connection, unless too many have not come back. */
  beat(): void {
    this.count++;
    const first = this.count === 1;
    for (const [i, node] of this.nodes.entries()) {
      const missed = (this.missed[i] as number) + 1;
      this.missed[i] = missed;
      if (missed > BEATS_MISSED) {
        this.fail(i, `nothing heard for ${(BEATS_MISSED * BEAT_MS) / 1000} s`);
        return;
      }
      const { sha, keys } = this.scripts.beat;
      node.send('EVALSHA', [sha, keys, this.beats[i] as string, this.count], (error, before) => {
        if (error) this.fail(i, error.message);
        else if (before === null && !first) this.fail(i, 'it has lost its data');
      });
    }
  }

  send({ sha, keys: count }: Script, keys: readonly string[], args: readonly Word[], answered: Answered): void {
    this.nodeOf(keys[0] as string).send('EVALSHA', [sha, count, ...keys, ...args], answered);
  }

  runOf(key: string): string {
    return this.nodeOf(key).run;
  }

  /** Channels with a subscriber on whatever server, by a glob. */
  async channels(pattern: string): Promise<string[]> {
    const question = this.settings.address.cluster ? 'SHARDCHANNELS' : 'CHANNELS';
    const asked = this.nodes.map(
      (node) =>
        new Promise<Buffer[]>((resolve, reject) =>
          node.send('PUBSUB', [question, pattern], (error, reply) => (error ? reject(error) : resolve(reply as Buffer[]))),
        ),
    );
    return (await Promise.all(asked)).flat().map((channel) => channel.toString());
  }

  /** Resolves when all that is published there from now on will be heard. Those of one turn leave together. */
  listen(channel: string): Promise<void> {
    const known = this.subscribed.get(channel);
    if (known) return known;
    this.fresh.add(channel);
    this.next ??= new Promise<void>((resolve) => setImmediate(resolve)).then(() => {
      this.next = undefined;
      const channels = [...this.fresh];
      this.fresh.clear();
      return this.subscribe(channels);
    });
    this.subscribed.set(channel, this.next);
    return this.next;
  }

  unlisten(channel: string): void {
    if (!this.subscribed.delete(channel) || this.fresh.delete(channel)) return;
    this.nodeOf(channel).unlisten([channel]);
  }

  private async subscribe(channels: readonly string[]): Promise<void> {
    const byNode = new Map<RedisNode, string[]>();
    for (const channel of channels) {
      const node = this.nodeOf(channel);
      const its = byNode.get(node);
      if (its) its.push(channel);
      else byNode.set(node, [channel]);
    }
    await Promise.all(
      [...byNode].map(([node, its]) =>
        node.listen(its).catch((error: unknown) => {
          // Nobody would ask again as long as the connections are whole: that is when they are made anew.
          this.fail(this.nodes.indexOf(node), `a channel cannot be subscribed: ${messageOf(error)}`);
          throw error;
        }),
      ),
    );
  }

  private message(node: number, channel: string, message: Buffer): void {
    if (channel !== this.beats[node]) {
      this.listener.message(channel, message);
      return;
    }
    this.missed[node] = 0;
    this.unheard.delete(node);
    this.listener.heard(this.missed.every((missed) => missed === 0));
  }

  private nodeOf(key: string): RedisNode {
    return this.nodes[this.settings.address.cluster ? this.topology.ownerOf(slotOf(key)) : 0] as RedisNode;
  }

  private fail(node: number, reason: string): void {
    const { host, port } = (this.nodes[node] as RedisNode).at;
    this.listener.failed(`Redis at ${host}:${port}: ${reason}`);
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** A tag whose slot the node owns. */
function tagFor(node: number, { ownerOf }: Topology): string {
  for (let i = 0; i < SLOTS * 100; i++) if (ownerOf(slotOf(`beat-${i}`)) === node) return `beat-${i}`;
  throw new Error('a master without slots');
}
