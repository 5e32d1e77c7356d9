import type { Position, Publication } from '../../pubsub/publication';
import type { MarketStatus, StreamStatus } from '../../pubsub/status';
import { fullName } from '../../streams/stream';
import { RequestError, type Command, type Door } from '../door';
import { OutFrame } from '../out-frame';
import { echo, type ErrorReply, type GapNotice, type StatusNotice } from './protocol';

/** History that clients resume across is kept for long; frames of it need not be. */
const MAX_FIRST_BYTES = 16 * 1_048_576;

/** The protocol of docs/protocol.md, served at `/ws`. */
export class NativeDoor implements Door {
  private lastPublication: Publication | undefined;
  private lastFrame: OutFrame | undefined;
  private first = new WeakMap<Publication, OutFrame>();
  private firstBytes = 0;

  /** @param deflateFrom bodies below this many bytes are never compressed */
  constructor(
    private readonly brand: string,
    private readonly deflateFrom = Infinity,
  ) {}

  read(text: string): Command {
    let content: unknown;
    try {
      content = JSON.parse(text);
    } catch {
      throw new RequestError('INVALID_JSON', 'Invalid JSON message');
    }
    if (typeof content !== 'object' || content === null || Array.isArray(content)) {
      throw new RequestError('INVALID_JSON', 'Invalid JSON message');
    }
    const op: unknown = (content as Record<string, unknown>)['op'];
    return { op: typeof op === 'string' ? op : 'none', content: content as Record<string, unknown> };
  }

  publication(publication: Publication, live: boolean): OutFrame {
    return live ? this.liveFrame(publication) : this.firstFrame(publication);
  }

  streamStatus(stream: string, { state, reason, since }: StreamStatus): OutFrame | undefined {
    if (state === 'pending') return undefined;
    const shown = state === 'refused' ? 'unavailable' : state;
    const notice: StatusNotice = { op: 'status', stream: fullName(this.brand, { name: stream }), state: shown, reason, since };
    return OutFrame.control(notice);
  }

  marketStatus({ market, state, reason, since }: MarketStatus): OutFrame {
    const notice: StatusNotice = { op: 'status', market, state, reason, since };
    return OutFrame.control(notice);
  }

  gap(stream: string, from: number, { epoch, seq }: Position, reason: GapNotice['reason']): OutFrame {
    const notice: GapNotice = {
      op: 'gap',
      stream: fullName(this.brand, { name: stream }),
      epoch,
      from: Math.min(from, seq),
      to: seq,
      reason,
    };
    return OutFrame.control(notice);
  }

  error({ code, message }: RequestError, id?: unknown): OutFrame {
    const reply: ErrorReply = { op: 'error', ...echo(id), code, message };
    return OutFrame.control(reply);
  }

  /** The fan-out asks for the same publication once per client: the last frame answers all but the first. */
  private liveFrame(publication: Publication): OutFrame {
    if (this.lastFrame && this.lastPublication === publication) return this.lastFrame;
    this.lastPublication = publication;
    return (this.lastFrame = OutFrame.data(publication, true, this.deflateFrom));
  }

  /** What joining clients begin with: many ask for the same ones in turn. A frame lives no longer than its snapshot. */
  private firstFrame(publication: Publication): OutFrame {
    const known = this.first.get(publication);
    if (known) return known;
    const frame = OutFrame.data(publication, false, this.deflateFrom);
    this.firstBytes += frame.size;
    if (this.firstBytes > MAX_FIRST_BYTES) {
      this.first = new WeakMap();
      this.firstBytes = frame.size;
    }
    this.first.set(publication, frame);
    return frame;
  }
}
