import type { Clock, Timer } from '../clock/clock';
import type { Publication } from '../pubsub/publication';
import type { MarketStatus, StreamStatus } from '../pubsub/status';
import type { Membership } from '../subscriptions/membership';
import type { Sink } from '../subscriptions/sink';
import type { ClientSocket } from './client-socket';
import { CloseCode } from './close-code';
import type { Door } from './door';
import type { Lost } from './lag';
import { Outbox, type OutboxOwner } from './outbox';
import type { OutFrame } from './out-frame';
import { RateLimit } from './rate-limit';
import type { Deliveries } from './deliveries';
import type { Flusher } from './flusher';
import type { Scratch } from './scratch';

/** A stream that a client has subscribed to, under the name it used. */
export interface Subscribed {
  readonly arg: string;
  readonly membership: Membership;
}

/** Bounds on one client; times in milliseconds. */
export interface SessionLimits {
  readonly messagesPerSecond: number;
  readonly queueBytes: number;
  readonly idleMs: number;
  readonly pingMs: number;
  /** How long waiting bytes may make no progress. */
  readonly stallMs: number;
  /** How long a closing handshake may take before the connection is dropped. */
  readonly closeMs: number;
}

/** What all sessions of the process share. */
export interface SessionContext {
  readonly clock: Clock;
  readonly flusher: Flusher;
  readonly scratch: Scratch;
  readonly deliveries: Deliveries;
  readonly limits: SessionLimits;
  slowClosed(session: Session, why: 'slow' | 'stalled'): void;
}

/** One client's connection: what it listens to, what waits for it, and whether it still lives. */
export class Session implements Sink, OutboxOwner {
  /** By stream name. */
  readonly subscriptions = new Map<string, Subscribed>();
  readonly rate: RateLimit;
  private readonly outbox: Outbox;
  private lastHeard: number;
  private lastPing: number;
  private progress = 0;
  private progressAt: number;
  private ended = false;
  private lastResort: Timer | undefined;
  private code: number | undefined;

  constructor(
    /** For logs. */
    readonly id: string,
    /** The client's address, as far as proxies are believed. */
    readonly address: string,
    readonly door: Door,
    private readonly socket: ClientSocket,
    /** Whether the client takes compressed messages. */
    deflate: boolean,
    private readonly context: SessionContext,
  ) {
    const now = context.clock.monotonic();
    this.lastHeard = now;
    this.lastPing = now;
    this.progressAt = now;
    this.rate = new RateLimit(context.limits.messagesPerSecond, now);
    this.outbox = new Outbox(
      socket,
      deflate,
      context.flusher,
      context.scratch,
      context.deliveries,
      context.limits.queueBytes,
      this,
    );
  }

  /** True from the moment the connection is being closed, by either side. */
  get closing(): boolean {
    return this.ended;
  }

  /** Why we ended the connection, if it was us: a client that does not answer the close frame would count as 1006. */
  get closeCode(): number | undefined {
    return this.code;
  }

  /** Bytes that wait for this client. */
  get queued(): number {
    return this.outbox.queued;
  }

  deliver(publication: Publication, live: boolean): void {
    this.outbox.push(this.door.publication(publication, live));
  }

  streamStatus(stream: string, status: StreamStatus): void {
    const frame = this.door.streamStatus(stream, status);
    if (frame) this.outbox.push(frame);
  }

  marketStatus(status: MarketStatus): void {
    this.outbox.push(this.door.marketStatus(status));
  }

  /** Queues a reply or a notice behind everything that is queued already. */
  send(frame: OutFrame): void {
    this.outbox.pushSoon(frame);
  }

  /** Leaves a stream; false when the client had not subscribed to it. */
  unsubscribe(stream: string): boolean {
    const subscribed = this.subscriptions.get(stream);
    if (!subscribed) return false;
    this.subscriptions.delete(stream);
    subscribed.membership.leave();
    this.outbox.forget(stream);
    return true;
  }

  pause(stream: string): void {
    this.subscriptions.get(stream)?.membership.pause();
  }

  resume(stream: string): void {
    // A book that cannot be begun anew must not look as if nothing had changed.
    this.subscriptions
      .get(stream)
      ?.membership.resume()
      .catch(() => this.tooSlow());
  }

  gap({ stream, epoch, from, to }: Lost): OutFrame {
    return this.door.gap(stream, from, { epoch, seq: to }, 'slow_consumer');
  }

  tooSlow(): void {
    this.endAsSlow('slow');
  }

  /** The client gave a sign of life: a message, a ping or a pong. */
  heard(): void {
    this.lastHeard = this.context.clock.monotonic();
  }

  /** The client pinged, and was answered whether it reads or not: pongs of which nobody sees the end must have one. */
  pinged(): void {
    this.heard();
    if (this.outbox.queued > this.context.limits.queueBytes) this.tooSlow();
  }

  /** Looked at about once a second. */
  check(now: number): void {
    if (this.ended) return;
    const { idleMs, pingMs, stallMs } = this.context.limits;
    if (now - this.lastHeard >= idleMs) {
      this.end(CloseCode.IDLE, `Idle timeout: nothing heard for ${idleMs / 1000} s, not even pongs`);
      return;
    }
    const progress = this.socket.progress;
    if (this.socket.backlog === 0 || progress !== this.progress) {
      this.progress = progress;
      this.progressAt = now;
    } else if (now - this.progressAt >= stallMs) {
      this.endAsSlow('stalled');
      return;
    }
    if (now - this.lastPing >= pingMs) {
      this.lastPing = now;
      this.socket.ping();
    }
  }

  /** Begins the closing handshake, after what is queued; a client that does not follow is dropped. */
  end(code: CloseCode, reason: string): void {
    if (this.ended) return;
    this.outbox.flush(this.context.clock.now());
    // The flush may have found it too slow.
    if (!this.closing) this.goodbye(code, reason);
  }

  /** The WebSocket layer ends the connection, because of what the client sent. */
  brokeProtocol(code: number): void {
    this.code ??= code;
  }

  /** The connection is gone. */
  closed(): void {
    this.finish();
    this.lastResort?.cancel();
  }

  terminate(): void {
    this.finish();
    this.socket.terminate();
  }

  private endAsSlow(why: 'slow' | 'stalled'): void {
    if (this.ended) return;
    this.outbox.close('slow');
    this.context.deliveries.slow.slow_closed++;
    this.context.slowClosed(this, why);
    this.goodbye(CloseCode.TOO_SLOW, 'Too slow: the queue is full or makes no progress; come back with fewer streams');
  }

  private goodbye(code: CloseCode, reason: string): void {
    this.code = code;
    this.finish();
    this.socket.close(code, reason);
    this.lastResort = this.context.clock.after(this.context.limits.closeMs, () => this.socket.terminate());
  }

  private finish(): void {
    this.ended = true;
    this.outbox.close('closed');
    for (const { membership } of this.subscriptions.values()) membership.leave();
    this.subscriptions.clear();
  }
}
