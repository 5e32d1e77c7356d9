import { KINDS, MARKETS, type Market } from '../streams/stream';
import type { Publication } from './publication';
import type { MarketStatus, StreamStatus } from './status';
import type { WireListener } from './wire';

/**
 * How publications and notices travel between processes. A publication is 21 bytes, its names, and its body as it is:
 *
 * | at | bytes | what |
 * | --- | --- | --- |
 * | 0 | 1 | version: {@link VERSION} |
 * | 1 | 1 | type (place in {@link TYPES}), or a notice's number; + 128: closed |
 * | 2 | 1 | market * 16 + kind (places in `MARKETS` and `KINDS`) |
 * | 3 | 1 | length of the stream's name |
 * | 4 | 1 | length of the epoch |
 * | 5 | 8 | seq, double, big end first |
 * | 13 | 8 | received, likewise |
 * | 21 | | stream, epoch (UTF-8), body |
 *
 * A notice is the first two bytes and JSON. Whoever changes the layout, or the order of a table that it refers to, raises the version.
 */
const VERSION = 1;
const TYPES = ['snapshot', 'update', 'delta', 'gap'] as const;
const CLOSED = 0x80;
const FIRST_NOTICE = 16;
const NOTICES = ['status', 'opened', 'closed', 'marketStatus'] as const;
const HEADER = 21;
const NOTICE_HEADER = 2;
const LONGEST_NAME = 255;

/** What travels beside the publications. */
export type Notice =
  | { readonly notice: 'status'; readonly stream: string; readonly status: StreamStatus }
  | { readonly notice: 'opened'; readonly stream: string; readonly epoch: string }
  | { readonly notice: 'closed'; readonly stream: string }
  | { readonly notice: 'marketStatus'; readonly status: MarketStatus };

/** Bytes that no replica of this version has written. */
export class UnreadableBytes extends Error {
  override readonly name = 'UnreadableBytes';
}

/** @throws RangeError when the stream's name or the epoch is longer than 255 bytes */
export function encodePublication(publication: Publication): Buffer {
  const { stream, epoch, body } = publication;
  const streamLength = Buffer.byteLength(stream);
  const epochLength = Buffer.byteLength(epoch);
  if (streamLength > LONGEST_NAME || epochLength > LONGEST_NAME) throw new RangeError(`name too long: ${stream} ${epoch}`);
  const bodyAt = HEADER + streamLength + epochLength;
  const bytes = Buffer.allocUnsafe(bodyAt + body.length);
  bytes[0] = VERSION;
  bytes[1] = TYPES.indexOf(publication.type) + (publication.closed ? CLOSED : 0);
  bytes[2] = MARKETS.indexOf(publication.market) * 16 + KINDS.indexOf(publication.kind);
  bytes[3] = streamLength;
  bytes[4] = epochLength;
  bytes.writeDoubleBE(publication.seq, 5);
  bytes.writeDoubleBE(publication.received, 13);
  bytes.write(stream, HEADER);
  bytes.write(epoch, HEADER + streamLength);
  body.copy(bytes, bodyAt);
  return bytes;
}

/**
 * The body is a view of `bytes`, not a copy.
 *
 * @throws UnreadableBytes
 */
export function decodePublication(bytes: Buffer): Publication {
  const what = whatIn(bytes);
  const type = TYPES[what & ~CLOSED];
  if (!type) throw new UnreadableBytes(`no publication: its second byte is ${what}`);
  if (bytes.length < HEADER) throw new UnreadableBytes(`a publication of ${bytes.length} bytes is cut off`);
  const subject = bytes[2] as number;
  const market = MARKETS[subject >> 4];
  const kind = KINDS[subject & 15];
  if (!market || !kind) throw new UnreadableBytes(`no market and kind have number ${subject}`);
  const epochAt = HEADER + (bytes[3] as number);
  const bodyAt = epochAt + (bytes[4] as number);
  if (bytes.length < bodyAt) throw new UnreadableBytes(`a publication of ${bytes.length} bytes is cut off within its names`);
  if (epochAt === HEADER || bodyAt === epochAt)
    throw new UnreadableBytes('a publication without the name of its stream or epoch');
  const seq = bytes.readDoubleBE(5);
  if (!Number.isSafeInteger(seq) || seq < 0) throw new UnreadableBytes(`a publication cannot have number ${seq}`);
  const received = bytes.readDoubleBE(13);
  if (!Number.isFinite(received)) throw new UnreadableBytes(`a publication cannot be received at ${received}`);
  return {
    stream: bytes.toString('utf8', HEADER, epochAt),
    market,
    kind,
    epoch: bytes.toString('utf8', epochAt, bodyAt),
    seq,
    type,
    closed: (what & CLOSED) !== 0,
    received,
    body: bytes.subarray(bodyAt),
  };
}

export function encodeNotice({ notice, ...content }: Notice): Buffer {
  const json = JSON.stringify(content);
  const bytes = Buffer.allocUnsafe(NOTICE_HEADER + Buffer.byteLength(json));
  bytes[0] = VERSION;
  bytes[1] = FIRST_NOTICE + NOTICES.indexOf(notice);
  bytes.write(json, NOTICE_HEADER);
  return bytes;
}

/** @throws UnreadableBytes */
export function decodeNotice(bytes: Buffer): Notice {
  const what = whatIn(bytes);
  const notice = NOTICES[what - FIRST_NOTICE];
  if (!notice) throw new UnreadableBytes(`no notice: its second byte is ${what}`);
  const content = contentOf(bytes);
  switch (notice) {
    case 'status':
      return { notice, stream: nameIn(content['stream']), status: streamStatusIn(content['status']) };
    case 'opened':
      return { notice, stream: nameIn(content['stream']), epoch: nameIn(content['epoch']) };
    case 'closed':
      return { notice, stream: nameIn(content['stream']) };
    case 'marketStatus':
      return { notice, status: marketStatusIn(content['status']) };
  }
}

/**
 * Passes on what one message of a wire says.
 *
 * @throws UnreadableBytes then nothing was passed on
 */
export function passOn(bytes: Buffer, listener: WireListener): void {
  if (TYPES[whatIn(bytes) & ~CLOSED]) {
    listener.publication(decodePublication(bytes));
    return;
  }
  const content = decodeNotice(bytes);
  switch (content.notice) {
    case 'status':
      listener.status(content.stream, content.status);
      break;
    case 'opened':
      listener.opened(content.stream, content.epoch);
      break;
    case 'closed':
      listener.closed(content.stream);
      break;
    case 'marketStatus':
      listener.marketStatus(content.status);
  }
}

function whatIn(bytes: Buffer): number {
  const [version, what] = bytes;
  if (version !== VERSION) throw new UnreadableBytes(`version ${version ?? 'missing'}, not ${VERSION}`);
  if (what === undefined) throw new UnreadableBytes('one byte only');
  return what;
}

type Content = Readonly<Record<string, unknown>>;

function contentOf(bytes: Buffer): Content {
  try {
    return objectIn(JSON.parse(bytes.toString('utf8', NOTICE_HEADER)));
  } catch (cause) {
    throw new UnreadableBytes('a notice that is no JSON object', { cause });
  }
}

function objectIn(value: unknown): Content {
  if (typeof value !== 'object' || value === null) throw new UnreadableBytes('a notice without its content');
  return value as Content;
}

function nameIn(value: unknown): string {
  if (typeof value !== 'string' || value === '') throw new UnreadableBytes('a notice without a name');
  return value;
}

const STREAM_STATES: readonly StreamStatus['state'][] = ['pending', 'live', 'resyncing', 'refused', 'unavailable'];
const MARKET_STATES: readonly MarketStatus['state'][] = ['live', 'stale', 'resyncing'];

function streamStatusIn(value: unknown): StreamStatus {
  const status = objectIn(value);
  return { state: oneOf(STREAM_STATES, status['state']), ...reasonAndTimeIn(status) };
}

function marketStatusIn(value: unknown): MarketStatus {
  const status = objectIn(value);
  const market = oneOf<Market>(MARKETS, status['market']);
  return { market, state: oneOf(MARKET_STATES, status['state']), ...reasonAndTimeIn(status) };
}

function reasonAndTimeIn({ reason, since }: Content): { reason: string; since: number } {
  if (typeof reason !== 'string' || typeof since !== 'number') throw new UnreadableBytes('a status without its reason or time');
  return { reason, since };
}

function oneOf<T extends string>(known: readonly T[], value: unknown): T {
  const found = known.find((one) => one === value);
  if (found === undefined) throw new UnreadableBytes('a status that is not known here');
  return found;
}
