import { type Entry, type Frame, isState, kindOf, type Position } from './client-log';
import type { Fault, Violation } from './violation';

/** A numbered frame of a client's log, with the epoch that its number counts in; `epoch` is empty when the client was never told. */
export interface Step extends Position {
  readonly client: string;
  readonly stream: string;
  readonly at: number;
  /** Data, or a gap that has a number of its own. */
  readonly frame: Frame;
  /** Between this step and the client's one before it in this stream something is missing, and the client knows. */
  readonly afterBreak: boolean;
}

/** What one client heard, in order, and what was wrong with the order. */
export interface Sequence {
  readonly steps: Step[];
  readonly violations: Violation[];
  readonly gapsDeclared: number;
  /** Times that numbers of tickers and candles were left out for a client that may have read slowly. */
  readonly jumps: number;
}

interface Place {
  epoch: string;
  seq: number;
  /** What must come before anything else. */
  owed: 'nothing' | 'reply' | 'snapshot' | 'gap';
  /** The newest number heard of each epoch. */
  readonly newest: Map<string, number>;
  broken: boolean;
}

interface StreamReply {
  readonly stream: string;
  readonly epoch: string;
  readonly seq: number;
  readonly recovered?: boolean;
}

/**
 * Reads one client's log as docs/protocol.md tells a client to, and says where the rules of numbers were broken.
 * @param fast whether the client reads at once all that comes: then nothing may be left out for it
 */
export function readSequence(client: string, entries: readonly Entry[], fast: boolean): Sequence {
  const reader = new SequenceReader(client, fast);
  for (const entry of entries) reader.read(entry);
  return reader;
}

class SequenceReader implements Sequence {
  readonly steps: Step[] = [];
  readonly violations: Violation[] = [];
  gapsDeclared = 0;
  jumps = 0;
  private readonly places = new Map<string, Place>();
  private resume: Readonly<Record<string, Position>> = {};
  private at = 0;

  constructor(
    private readonly client: string,
    private readonly fast: boolean,
  ) {}

  read(entry: Entry): void {
    this.at = entry.at;
    if (entry.kind === 'opened') {
      this.resume = entry.resume;
      for (const place of this.places.values()) place.owed = 'reply';
    } else if (entry.kind === 'frame') this.frame(entry.frame);
  }

  private frame(frame: Frame): void {
    const { op, stream } = frame;
    if (op === 'subscribe') for (const reply of (frame['streams'] ?? []) as StreamReply[]) this.reply(reply);
    else if (op === 'gap' && stream !== undefined) this.gap(stream, frame);
    else if (op === undefined && stream !== undefined) this.data(stream, frame);
  }

  private reply({ stream, epoch, seq, recovered }: StreamReply): void {
    const place = this.place(stream);
    const asked = this.resume[stream];
    place.owed = 'nothing';
    if ((asked === undefined) !== (recovered === undefined)) {
      this.complain('protocol', stream, `recovered is ${String(recovered)} after ${asked ? 'a' : 'no'} resume`);
    }
    if (asked !== undefined) {
      place.epoch = asked.epoch;
      place.seq = asked.seq;
    }
    if (asked !== undefined && recovered === true) {
      if (epoch !== asked.epoch || seq < asked.seq)
        this.complain('regress', stream, `resumed at ${asked.epoch} ${asked.seq}, recovered at ${epoch} ${seq}`);
      return;
    }
    if (isState(stream)) place.owed = 'snapshot';
    else if (asked !== undefined) place.owed = 'gap';
    else this.stand(stream, place, epoch, seq, 'stands');
    place.broken = true;
  }

  private gap(stream: string, frame: Frame): void {
    const place = this.place(stream);
    const { epoch = '', from, to, reason } = frame as Frame & { from: number; to: number; reason: string };
    if (isState(stream)) this.complain('protocol', stream, 'a gap in a state stream');
    if (place.owed === 'reply') this.complain('protocol', stream, 'a gap before the reply');
    if (epoch === place.epoch && from > place.seq + 1) this.complain('gap', stream, `gap from ${from} after ${place.seq}`);
    if (epoch === place.epoch && from <= place.seq && place.seq > 0)
      this.complain('regress', stream, `gap from ${from} after ${place.seq}`);
    this.gapsDeclared++;
    this.stand(stream, place, epoch, to, 'gap to');
    place.owed = 'nothing';
    place.broken = true;
    if (reason === 'upstream_reconnect') this.step(stream, place, frame);
  }

  private data(stream: string, frame: Frame): void {
    const place = this.place(stream);
    const { type, epoch, seq = 0 } = frame;
    if (place.owed === 'reply') this.complain('protocol', stream, `${seq} before the reply`);
    if (type === 'snapshot') {
      if (!isState(stream) || epoch === undefined)
        this.complain('protocol', stream, `a snapshot ${isState(stream) ? 'without epoch' : 'of a log'}`);
      if (place.owed === 'nothing' && epoch === place.epoch && seq <= place.seq) this.old(stream, place, seq);
      else this.stand(stream, place, epoch ?? place.epoch, seq, 'snapshot');
      place.broken = true;
    } else {
      if (place.owed === 'snapshot') this.complain('gap', stream, `begins with ${String(type)} ${seq}, without a snapshot`);
      else if (place.owed === 'gap') this.complain('gap', stream, `${seq} where a gap notice is owed`);
      else if (seq <= place.seq) this.old(stream, place, seq);
      else if (seq > place.seq + 1) this.skipped(stream, place, seq);
      this.stand(stream, place, place.epoch, Math.max(seq, place.seq), 'update');
    }
    place.owed = 'nothing';
    this.step(stream, place, frame);
  }

  private old(stream: string, place: Place, seq: number): void {
    if (seq === place.seq) this.complain('duplicate', stream, `${place.epoch} ${seq} again`);
    else this.complain('regress', stream, `${place.epoch} ${seq} after ${place.seq}`);
  }

  private skipped(stream: string, place: Place, seq: number): void {
    if (!this.fast && (kindOf(stream) === 'ticker' || kindOf(stream) === 'kline')) this.jumps++;
    else this.complain('gap', stream, `${place.epoch} ${seq} after ${place.seq}`);
  }

  /** The client stands there now. No place of an epoch may be older than what was heard of it. */
  private stand(stream: string, place: Place, epoch: string, seq: number, what: string): void {
    const newest = place.newest.get(epoch) ?? 0;
    if (epoch !== '' && seq < newest) this.complain('return', stream, `${what} ${epoch} ${seq} after ${newest}`);
    place.newest.set(epoch, Math.max(newest, seq));
    place.epoch = epoch;
    place.seq = seq;
  }

  private step(stream: string, place: Place, frame: Frame): void {
    const { epoch, seq } = place;
    this.steps.push({ client: this.client, stream, at: this.at, frame, epoch, seq: frame.seq ?? seq, afterBreak: place.broken });
    // A gap notice is followed by what came after the gap.
    place.broken = frame.op === 'gap';
  }

  private place(stream: string): Place {
    let place = this.places.get(stream);
    if (!place) this.places.set(stream, (place = { epoch: '', seq: 0, owed: 'reply', newest: new Map(), broken: true }));
    return place;
  }

  private complain(fault: Fault, stream: string, what: string): void {
    this.violations.push({ fault, client: this.client, stream, at: this.at, what });
  }
}
