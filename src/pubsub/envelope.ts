import { fullName } from '../streams/stream';
import type { Message, MessageType } from '../streams/message';
import type { Position } from './publication';

/** Where a message's head ends. Nothing before it can hold a quote that is not ours. */
const DATA = Buffer.from(',"data":');
const OPEN_TIME = Buffer.from('"openTime":');

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

  message(position: Position, message: Message): Buffer {
    const data = JSON.stringify(message.data);
    return Buffer.from(
      `${this.start(position, message.type)},"data":${data},"timestamp":${message.timestamp},"received":${message.received}${this.tail}`,
    );
  }

  /**
   * The same message under this stream's name, with another place and type. What it carries is copied byte for byte.
   * @param body a {@link message} of whatever stream of the same brand
   */
  renamed(position: Position, type: MessageType, body: Buffer): Buffer {
    return Buffer.concat([Buffer.from(this.start(position, type)), body.subarray(body.indexOf(DATA))]);
  }

  /**
   * Entries were lost. Between the exchange and us: how many is not known, and the notice takes number `seq` itself. Between the
   * publisher and here: entries `from` to `seq`.
   */
  gap({ epoch, seq }: Position, reason: 'upstream_reconnect' | 'history_exceeded', from = seq): Buffer {
    return Buffer.from(
      `{"op":"gap","stream":"${this.stream}","epoch":"${epoch}","from":${from},"to":${seq},"reason":"${reason}"}`,
    );
  }

  /** A snapshot also names its epoch: it is where a client begins. */
  private start({ epoch, seq }: Position, type: MessageType): string {
    return `${this.head}${type}"${type === 'snapshot' ? `,"epoch":"${epoch}"` : ''},"seq":${seq}`;
  }
}

/** When the candle began that a message's body shows. */
export function openTimeIn(body: Buffer): number {
  const at = body.indexOf(OPEN_TIME) + OPEN_TIME.length;
  return Number.parseInt(body.toString('latin1', at, at + 16), 10);
}
