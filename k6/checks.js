/**
 * What docs/protocol.md promises about every message, kept apart from k6 so that it can be tested without it.
 */

const TYPES = {
  ticker: ['snapshot', 'update'],
  kline: ['snapshot', 'update'],
  trade: ['update'],
  liquidation: ['update'],
  orderbook: ['snapshot', 'delta', 'update'],
};
const LOGS = ['trade', 'liquidation'];
/** Of these every message is whole, so the newest may overtake: a jump is a drop, but no wrong order. */
const MAY_JUMP = ['ticker', 'kline'];

/** The exchange's clock may run ahead of the server's, but not by more than this. */
const CLOCKS_APART_MS = 60_000;

/** One client's account of what it was promised and what came, over all its connections. */
export class Ledger {
  constructor() {
    this.streams = new Map();
    this.names = new Map();
  }

  /**
   * The entries of `streams` in the reply to a subscribe. Returns for each that was resumed whether it was recovered; an answer
   * that cannot be true throws nothing but makes the messages after it wrong.
   */
  subscribed(entries) {
    const outcomes = [];
    for (const { arg, stream, epoch, seq, recovered } of entries) {
      this.names.set(arg, stream);
      const before = this.streams.get(stream);
      if (before?.open) continue;
      if (recovered !== undefined) outcomes.push(recovered);
      const kind = kindOf(stream);
      if (recovered === true && before !== undefined) {
        this.streams.set(stream, { ...before, open: true, newestAtReply: seq });
        continue;
      }
      const log = LOGS.includes(kind);
      const owesGap = log && recovered === false;
      this.streams.set(stream, { kind, epoch, seq, newestAtReply: seq, open: true, owesSnapshot: !log, owesGap });
    }
    return outcomes;
  }

  /** After the reply to an unsubscribe no data of these args may come. */
  unsubscribed(args) {
    for (const arg of args) this.streams.delete(this.names.get(arg));
  }

  /** The connection ended; what is known stays, for a resume. */
  disconnected() {
    for (const at of this.streams.values()) at.open = false;
  }

  /** The `resume` of the next subscribe. */
  resume() {
    const points = {};
    for (const [stream, { epoch, seq }] of this.streams) points[stream] = { epoch, seq };
    return points;
  }

  /** A gap notice. Returns how many numbers it declares lost between the server and this client. */
  gap({ stream, epoch, from, to, reason }) {
    const at = this.streams.get(stream);
    if (at === undefined) return 0;
    const sameEpoch = epoch === at.epoch;
    // What the exchange's connection lost never had numbers: the notice itself is the one that came.
    const lost = reason === 'upstream_reconnect' ? (sameEpoch ? from - at.seq - 1 : 0) : from > 0 ? to - from + 1 : 0;
    Object.assign(at, { epoch, seq: to, owesGap: false });
    return Math.max(0, lost);
  }

  /**
   * One message with data. `stream`, `type`, `seq` and `timestamp` say whether each is as promised; `missing` is how many numbers
   * before it never came; `live` is false for stored state and for what a resume replays, whose age is no latency.
   */
  message(frame) {
    const at = this.streams.get(frame.stream);
    const timestamp = isTime(frame.timestamp) && isTime(frame.received) && frame.timestamp <= frame.received + CLOCKS_APART_MS;
    if (at === undefined || !at.open) return { stream: false, type: false, seq: false, timestamp, missing: 0, live: false };

    const snapshot = frame.type === 'snapshot';
    const type = (TYPES[at.kind] ?? []).includes(frame.type) && (snapshot || !at.owesSnapshot);
    const otherEpoch = snapshot && frame.epoch !== at.epoch;
    // A snapshot may repeat the newest number; stored state also stands where the reply said.
    const least = snapshot ? at.seq : at.seq + 1;
    const jump = otherEpoch || at.owesSnapshot ? 0 : Math.max(0, frame.seq - at.seq - 1);
    const seq =
      Number.isInteger(frame.seq) &&
      (snapshot ? isText(frame.epoch) : true) &&
      (otherEpoch || frame.seq >= least) &&
      (jump === 0 || snapshot || MAY_JUMP.includes(at.kind)) &&
      !at.owesGap;
    const live = !snapshot && frame.seq > at.newestAtReply;

    if (otherEpoch) Object.assign(at, { epoch: frame.epoch, newestAtReply: 0 });
    if (Number.isInteger(frame.seq)) at.seq = otherEpoch ? frame.seq : Math.max(at.seq, frame.seq);
    at.owesSnapshot = false;
    at.owesGap = false;
    return { stream: true, type, seq, timestamp, missing: Number.isInteger(jump) ? jump : 0, live };
  }
}

/** `brand.market.kind.….symbol` */
function kindOf(stream) {
  return stream.split('.')[2];
}

function isTime(value) {
  return Number.isInteger(value) && value > 0;
}

function isText(value) {
  return typeof value === 'string' && value !== '';
}
