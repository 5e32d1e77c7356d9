import { fullName } from '../streams/stream';
import type { Message } from '../streams/message';
import type { Position } from './publication';

/**
 * The native protocol's data frames as JSON text. Written by hand around one JSON.stringify of the payload: what surrounds it are
 * numbers and names that need no escaping.
 */
export class Envelope {
  private readonly head: string;
  private readonly tail: string;
  private readonly stream: string;

  /** @param stream the stream's name without the brand */
  constructor(brand: string, stream: string) {
    this.stream = fullName(brand, { name: stream });
    this.head = `{"stream":"${this.stream}","type":"`;
    this.tail = `,"source":"${brand}"}`;
  }

  /** A snapshot also names its epoch: it is where a client begins. */
  message({ epoch, seq }: Position, message: Message): Buffer {
    const named = message.type === 'snapshot' ? `snapshot","epoch":"${epoch}"` : `${message.type}"`;
    const data = JSON.stringify(message.data);
    return Buffer.from(
      `${this.head}${named},"seq":${seq},"data":${data},"timestamp":${message.timestamp},"received":${message.received}${this.tail}`,
    );
  }

  /** Entries were lost between the exchange and us; how many is not known. The notice takes number `seq` itself. */
  gap({ epoch, seq }: Position, reason: string): Buffer {
    return Buffer.from(
      `{"op":"gap","stream":"${this.stream}","epoch":"${epoch}","from":${seq},"to":${seq},"reason":"${reason}"}`,
    );
  }
}
