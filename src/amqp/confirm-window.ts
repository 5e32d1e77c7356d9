export interface WindowLimits {
  readonly messages: number;
  readonly bytes: number;
}

/** What was sent on one channel and is not confirmed yet. The broker counts a channel's messages from 1 and names them by that number. */
export class ConfirmWindow<Message> {
  /** In the order they were sent. */
  private readonly sent = new Map<number, Message>();
  private next = 1;
  private bytes = 0;

  constructor(
    private readonly limits: WindowLimits,
    private readonly bytesOf: (message: Message) => number,
  ) {}

  get size(): number {
    return this.sent.size;
  }

  /** Whether no more may be sent. One message may always be, however large. */
  get full(): boolean {
    return this.sent.size >= this.limits.messages || this.bytes >= this.limits.bytes;
  }

  add(message: Message): void {
    this.sent.set(this.next++, message);
    this.bytes += this.bytesOf(message);
  }

  /** The broker has answered. @param multiple also those sent before it @returns what that settles, in the order it was sent */
  settle(tag: number, multiple: boolean): Message[] {
    const settled: Message[] = [];
    if (!multiple) this.take(tag, settled);
    else {
      for (const sent of this.sent.keys()) {
        if (sent > tag) break;
        this.take(sent, settled);
      }
    }
    return settled;
  }

  /** The channel is gone, and the next one counts anew. @returns what has not been confirmed, in the order it was sent */
  clear(): Message[] {
    const unconfirmed = [...this.sent.values()];
    this.sent.clear();
    this.next = 1;
    this.bytes = 0;
    return unconfirmed;
  }

  private take(tag: number, into: Message[]): void {
    const message = this.sent.get(tag);
    if (message === undefined || !this.sent.delete(tag)) return;
    this.bytes -= this.bytesOf(message);
    into.push(message);
  }
}
