import type { Clock, Timer } from '../clock/clock';
import { Counter } from '../meters/counter';
import type { ClientSocket } from './client-socket';
import { CloseCode, closeLabel } from './close-code';
import type { Deliveries } from './deliveries';
import type { Door } from './door';
import type { Flusher } from './flusher';
import { Scratch } from './scratch';
import { Session, type SessionContext, type SessionLimits } from './session';

const CHECK_EVERY_MS = 1000;
/** Clients of a full replica come back at about this rate per second, so that its successor is not stormed. */
const RECONNECTS_PER_SECOND = 1000;

/** Every client of this process. */
export class Sessions {
  readonly closed = new Counter();
  established = 0;
  private readonly sessions = new Set<Session>();
  private readonly perAddress = new Map<string, number>();
  private readonly context: SessionContext;
  private checking: Timer | undefined;
  private draining_ = false;
  private drained: (() => void) | undefined;

  constructor(
    clock: Clock,
    flusher: Flusher,
    readonly deliveries: Deliveries,
    limits: SessionLimits,
    private readonly random: () => number,
    slowClosed: (session: Session, why: 'slow' | 'stalled') => void,
  ) {
    this.context = { clock, flusher, scratch: new Scratch(), deliveries, limits, slowClosed };
  }

  get active(): number {
    return this.sessions.size;
  }

  get draining(): boolean {
    return this.draining_;
  }

  /** Since 1970, for what is shown. */
  now(): number {
    return this.context.clock.now();
  }

  /** For how long something takes. */
  monotonic(): number {
    return this.context.clock.monotonic();
  }

  all(): Iterable<Session> {
    return this.sessions;
  }

  from(address: string): number {
    return this.perAddress.get(address) ?? 0;
  }

  open(address: string, door: Door, socket: ClientSocket, deflate: boolean): Session {
    this.checking ??= this.context.clock.every(CHECK_EVERY_MS, () => this.check());
    const session = new Session(`c${(++this.established).toString(36)}`, address, door, socket, deflate, this.context);
    this.sessions.add(session);
    this.perAddress.set(address, this.from(address) + 1);
    return session;
  }

  /** @param code as the WebSocket layer reports it; why we ended the connection, if it was us, counts for more */
  close(session: Session, code: number): void {
    if (!this.sessions.delete(session)) return;
    session.closed();
    this.closed.add(closeLabel(session.closeCode ?? code));
    const left = this.from(session.address) - 1;
    if (left > 0) this.perAddress.set(session.address, left);
    else this.perAddress.delete(session.address);
    if (this.sessions.size === 0) this.drained?.();
  }

  /**
   * Sends every client away, all at once, each with its own time to come back, and resolves when they are gone. Who has not
   * gone after `withinMs` is dropped.
   */
  async drain(withinMs: number): Promise<void> {
    this.draining_ = true;
    this.checking?.cancel();
    const spreadMs = Math.max(1000, (this.sessions.size / RECONNECTS_PER_SECOND) * 1000);
    for (const session of this.sessions) {
      session.end(CloseCode.GOING_AWAY, `reconnect_after_ms=${100 + Math.floor(this.random() * spreadMs)}`);
    }
    if (this.sessions.size === 0) return;
    await new Promise<void>((resolve) => {
      const deadline = this.context.clock.after(withinMs, () => {
        for (const session of this.sessions) session.terminate();
        resolve();
      });
      this.drained = () => {
        deadline.cancel();
        resolve();
      };
    });
  }

  private check(): void {
    const now = this.context.clock.monotonic();
    for (const session of this.sessions) session.check(now);
  }
}
