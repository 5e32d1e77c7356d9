import type { Duplex } from 'node:stream';
import { connect, type ChannelModel } from 'amqplib';
import type { Clock, Timer } from '../clock/clock';
import { reasonOf } from './reason';

/** A broker that does not finish the handshake in so long is away. */
const OPEN_TIMEOUT_MS = 5000;
/** How long a polite end may take. */
const CLOSE_TIMEOUT_MS = 1000;
/** Longest wait before the first try to connect again, and before any. */
const FIRST_WAIT_MS = 200;
const LONGEST_WAIT_MS = 5000;
/** A connection that lasted so long was a success: what comes next is a new trouble. */
const STEADY_MS = 5000;

export interface LinkOptions {
  /** `amqp://` or `amqps://`; already checked. */
  readonly url: string;
  /** A broker that shows no sign of life for two to three of these is away. */
  readonly heartbeatSeconds: number;
}

export interface LinkListener {
  /** A connection is open. While this rejects it is of no use: it is ended, and another is tried. */
  opened(model: ChannelModel): Promise<void>;
  /**
   * There is no connection: the present one has ended, or another could not be had.
   * @param reason safe to show @param detail the address and the words of whoever ended it, for the log
   */
  away(reason: string, detail: string): void;
  /** The broker has stopped reading (with its words), or reads again. */
  blocked(words: string | undefined): void;
}

/**
 * One connection to the broker at a time, for ever: when it ends another is tried, ever more seldom and never in step with others. It does
 * not use the library's own recovery, whose attempt never ends when a connection that is being given up is not answered any more.
 */
export class Link {
  private model: ChannelModel | undefined;
  private timer: Timer | undefined;
  private stopped = true;
  /** How many have failed since the last steady one. */
  private failures = 0;
  private openedAt = 0;
  private readonly url: string;
  private readonly address: string;

  constructor(
    options: LinkOptions,
    private readonly deps: { readonly clock: Clock; readonly random: () => number },
    private readonly listener: LinkListener,
  ) {
    const url = new URL(options.url);
    if (!url.searchParams.has('heartbeat')) url.searchParams.set('heartbeat', String(options.heartbeatSeconds));
    this.url = url.href;
    this.address = `${url.hostname}:${url.port === '' ? (url.protocol === 'amqps:' ? '5671' : '5672') : url.port}`;
  }

  /** Resolves when the first try has succeeded or failed. */
  async start(): Promise<void> {
    this.stopped = false;
    await this.open();
  }

  /** Ends the connection: politely when the broker answers, and else without it. */
  async stop(): Promise<void> {
    this.stopped = true;
    this.timer?.cancel();
    const { model } = this;
    this.model = undefined;
    if (!model) return;
    const closed = model.close().catch(() => undefined);
    await new Promise<void>((resolve) => {
      const timer = this.deps.clock.after(CLOSE_TIMEOUT_MS, resolve);
      void closed.then(() => {
        timer.cancel();
        resolve();
      });
    });
    endAtOnce(model, 'closed');
  }

  /** The connection is of no use any more. @param message what an error said of it */
  giveUp(model: ChannelModel, message: string): void {
    if (this.model !== model) return;
    endAtOnce(model, message);
    this.lose(model, message);
  }

  private async open(): Promise<void> {
    let model: ChannelModel;
    try {
      model = await connect(this.url, {
        timeout: OPEN_TIMEOUT_MS,
        noDelay: true,
        clientProperties: { connection_name: 'tapecast' },
      });
    } catch (error) {
      if (!this.stopped) this.away(messageOf(error));
      return;
    }
    this.listen(model);
    if (this.stopped) {
      endAtOnce(model, 'closed');
      return;
    }
    this.model = model;
    this.openedAt = this.deps.clock.monotonic();
    try {
      await this.listener.opened(model);
    } catch (error) {
      this.giveUp(model, messageOf(error));
    }
  }

  private listen(model: ChannelModel): void {
    let message = 'connection closed';
    // An 'error' that nobody hears would end the process; 'close' follows every one.
    model.on('error', (error) => (message = error.message));
    model.on('close', (error) => this.lose(model, error?.message ?? message));
    model.on('blocked', (why) => {
      if (this.model === model) this.listener.blocked(why);
    });
    model.on('unblocked', () => {
      if (this.model === model) this.listener.blocked(undefined);
    });
  }

  private lose(model: ChannelModel, message: string): void {
    if (this.model !== model) return;
    this.model = undefined;
    // A broker that does not answer would keep our half of the connection open.
    endAtOnce(model, message);
    if (this.deps.clock.monotonic() - this.openedAt >= STEADY_MS) this.failures = 0;
    this.away(message);
  }

  private away(message: string): void {
    this.listener.away(reasonOf(message), `${this.address}: ${message}`);
    const longest = Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** this.failures++);
    this.timer = this.deps.clock.after(this.deps.random() * longest, () => void this.open());
  }
}

/** The socket's error makes the library end what it has of the connection, its timers too. */
function endAtOnce(model: ChannelModel, reason: string): void {
  (model.connection as unknown as { readonly stream: Duplex }).stream.destroy(new Error(reason));
}

/** A name with several addresses fails with an error for each, and without a message. */
function messageOf(error: unknown): string {
  if (error instanceof AggregateError && error.message === '') return error.errors.map(messageOf).join(', ');
  return error instanceof Error ? error.message : String(error);
}
