import { Redis, type RedisOptions } from 'ioredis';
import type { HostPort, RedisAddress } from './address';
import type { Script } from './scripts';

/** A word of a command. */
export type Word = string | Buffer | number;

/** Hears the answer to a command, or why there is none. Replies are buffers, numbers, null, or arrays of them. */
export type Answered = (error: Error | null, reply: unknown) => void;

interface Command {
  readonly name: string;
  readonly words: Word[];
  readonly answered: Answered;
}

/** What a node tells. */
export interface NodeListener {
  message(channel: string, message: Buffer): void;
  /** Once, unless we closed it: one of its connections has ended, so it is of no use any more. */
  lost(reason: string): void;
  /** The answer shows that the node is not what we took it for: another topology, or without our scripts. */
  changed(reason: string): void;
}

const CONNECT_TIMEOUT_MS = 2000;
const CLOSED = 'Connection is closed.';

/** Errors that say that keys or slots live elsewhere, or that the scripts have to be loaded again. */
const CHANGED = /^(MOVED|ASK|CLUSTERDOWN|READONLY|MASTERDOWN|LOADING|NOSCRIPT)\b/;

/**
 * Two connections to one server, one for commands and one for messages. Commands of one turn of the event loop leave as one write.
 * Nothing is queued while there is no connection and nothing is sent twice: what was not answered has failed, done or not.
 */
export class RedisNode {
  private readonly commands: Redis;
  private readonly messages: Redis;
  private readonly subscribe: 'subscribe' | 'ssubscribe';
  private readonly unsubscribe: 'unsubscribe' | 'sunsubscribe';
  private batch: Command[] = [];
  private readonly unanswered = new Set<readonly Command[]>();
  private closed = false;
  private error = 'connection closed';
  private run_ = '';

  constructor(
    readonly at: HostPort,
    access: RedisAddress['access'],
    cluster: boolean,
    private readonly listener: NodeListener,
  ) {
    this.commands = new Redis(optionsOf(at, access));
    this.messages = new Redis(optionsOf(at, access));
    this.subscribe = cluster ? 'ssubscribe' : 'subscribe';
    this.unsubscribe = cluster ? 'sunsubscribe' : 'unsubscribe';
    const hear = (channel: Buffer, message: Buffer) => listener.message(channel.toString(), message);
    this.messages.on('messageBuffer', hear);
    this.messages.on('smessageBuffer', hear);
    // The shard has handed a slot over: its subscriptions are gone.
    this.messages.on('moved', () => this.listener.changed('slots have moved'));
    for (const redis of [this.commands, this.messages]) {
      redis.on('error', (error: Error) => (this.error = error.message));
      redis.on('close', () => this.lose());
    }
  }

  /** Resolves when both connections are open and the scripts are known. */
  async open(scripts: readonly Script[]): Promise<void> {
    try {
      await Promise.all([this.commands.connect(), this.messages.connect()]);
      await Promise.all(scripts.map(({ lua }) => this.commands.script('LOAD', lua)));
      this.run_ = /^run_id:(\w+)/m.exec(await this.commands.info('server'))?.[1] ?? '';
    } catch (error) {
      // Of a connection that fails ioredis only says here that it is closed; its error event said why.
      const said = error instanceof Error && error.message !== CLOSED;
      throw new Error(said ? error.message : this.error, { cause: error });
    }
  }

  /** Differs between servers and between two runs of one; known once it is open. */
  get run(): string {
    return this.run_;
  }

  /** Ends both connections at once. Whatever was not answered fails. */
  close(): void {
    if (this.closed) return;
    this.closed = true;
    endAtOnce(this.commands);
    endAtOnce(this.messages);
    const error = new Error(this.error);
    const failed = [...this.unanswered, this.batch];
    this.batch = [];
    this.unanswered.clear();
    for (const commands of failed) for (const { answered } of commands) answered(error, undefined);
  }

  /** Leaves at the end of this turn. */
  send(name: string, words: Word[], answered: Answered): void {
    if (this.closed) {
      answered(new Error(this.error), undefined);
      return;
    }
    if (this.batch.length === 0) setImmediate(() => this.flush());
    this.batch.push({ name, words, answered });
  }

  /** Resolves when everything that is published on these channels from now on will be heard. */
  async listen(channels: readonly string[]): Promise<void> {
    if (channels.length === 0) return;
    // Channels of different slots cannot share a command.
    if (this.subscribe === 'ssubscribe') await Promise.all(channels.map((channel) => this.messages.ssubscribe(channel)));
    else await this.messages.subscribe(...channels);
  }

  unlisten(channels: readonly string[]): void {
    for (const channel of channels) this.messages[this.unsubscribe](channel).catch(() => undefined);
  }

  private flush(): void {
    const { batch } = this;
    this.batch = [];
    if (this.closed || batch.length === 0) return;
    const pipeline = this.commands.pipeline();
    for (const { name, words } of batch) pipeline.callBuffer(name, words);
    this.unanswered.add(batch);
    void pipeline.exec((error, results) => this.settle(batch, error ?? null, results ?? []));
  }

  private settle(batch: readonly Command[], error: Error | null, results: readonly [Error | null, unknown][]): void {
    if (!this.unanswered.delete(batch)) return;
    for (const [i, { answered }] of batch.entries()) {
      const [failure, reply] = results[i] ?? [error ?? new Error(this.error), undefined];
      answered(failure, reply);
      if (failure && CHANGED.test(failure.message)) this.listener.changed(failure.message);
    }
  }

  private lose(): void {
    if (this.closed) return;
    this.close();
    this.listener.lost(this.error);
  }
}

/** A connection that ends is given up; whoever holds it makes a new one. */
function optionsOf({ host, port }: HostPort, access: RedisAddress['access']) {
  return {
    ...access,
    host,
    port,
    lazyConnect: true,
    retryStrategy: () => null,
    enableOfflineQueue: false,
    autoResendUnfulfilledCommands: false,
    autoResubscribe: false,
    maxRetriesPerRequest: 0,
    connectTimeout: CONNECT_TIMEOUT_MS,
    connectionName: 'tapecast',
  } satisfies RedisOptions;
}

/** A connection for a few questions, to be opened by `connect`. */
export function connectionTo(at: HostPort, access: RedisAddress['access']): Redis {
  return new Redis(optionsOf(at, access));
}

/** A polite end would wait for the other side, which may not be there any more. */
export function endAtOnce(redis: Redis): void {
  if (redis.status === 'close' || redis.status === 'end') return;
  redis.disconnect();
  (redis.stream as { destroy(): void } | undefined)?.destroy();
}
