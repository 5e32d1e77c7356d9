import type { OutgoingEvent } from './broker';

/** What an event takes beside its body: its names, and the objects around them. */
const EVENT_BYTES = 512;
/** Places at the front that may be empty before the rest is moved there. */
const EMPTY_PLACES = 1024;

export interface RingLimits {
  readonly events: number;
  readonly bytes: number;
}

/** Bytes of memory that an event holds, about. */
export function bytesOf(event: OutgoingEvent): number {
  return event.body.length + EVENT_BYTES;
}

/** Events that wait, oldest first, in bounded memory: when it is full the oldest are dropped, and counted. */
export class Ring {
  dropped = 0;
  private events: OutgoingEvent[] = [];
  private head = 0;
  private bytes = 0;

  constructor(private readonly limits: RingLimits) {}

  get length(): number {
    return this.events.length - this.head;
  }

  /** The oldest. */
  get first(): OutgoingEvent | undefined {
    return this.events[this.head];
  }

  push(event: OutgoingEvent): void {
    this.events.push(event);
    this.bytes += bytesOf(event);
    this.trim();
  }

  /** Puts back what was taken and has not arrived, before all others. @param events oldest first */
  giveBack(events: readonly OutgoingEvent[]): void {
    if (events.length === 0) return;
    this.events = [...events, ...this.events.slice(this.head)];
    this.head = 0;
    for (const event of events) this.bytes += bytesOf(event);
    this.trim();
  }

  /** Takes the oldest out. */
  shift(): OutgoingEvent | undefined {
    const event = this.events[this.head];
    if (!event) return undefined;
    this.head++;
    this.bytes -= bytesOf(event);
    if (this.head === this.events.length || (this.head > EMPTY_PLACES && this.head * 2 > this.events.length)) {
      this.events.splice(0, this.head);
      this.head = 0;
    }
    return event;
  }

  private trim(): void {
    while (this.length > this.limits.events || this.bytes > this.limits.bytes) {
      this.shift();
      this.dropped++;
    }
  }
}
