import type { Position, Publication, Recovery } from '../../src/pubsub/publication';
import type { Listening, StreamListener } from '../../src/pubsub/pubsub';
import type { StreamStatus } from '../../src/pubsub/status';
import { amountIn, placeOf, type Truth } from './model-world';

interface Gap {
  readonly epoch: string;
  readonly from: number;
  readonly to: number;
}

/** Where a listener stood, and all that it had been shown before. */
export interface Stood {
  readonly at: Position;
  readonly sum: number | undefined;
  /** Epoch -> its highest number. */
  readonly had: ReadonlyMap<string, number>;
}

/** Joins a stream as the port says, and throws at the first thing that it should not have heard. */
export class ModelListener implements StreamListener {
  at: Position = { epoch: '', seq: 0 };
  sum: number | undefined;
  joined = false;
  /** Where it stood before. */
  private readonly path: { readonly at: Position; readonly sum: number | undefined }[] = [];
  snapshots = 0;
  gaps = 0;
  status_: StreamStatus | undefined;
  private held: Publication[] | undefined;
  private left = false;
  private readonly highest = new Map<string, number>();
  /** What went wrong; a data path must not throw. */
  wrong: string | undefined;

  constructor(
    private readonly listening: Listening,
    readonly stream: string,
    private readonly truth: Truth,
    private readonly since?: Stood,
  ) {}

  get isLog(): boolean {
    return this.stream.includes('.trade.');
  }

  async join(): Promise<void> {
    this.listening.subscribe(this.stream, this);
    this.status_ ??= this.listening.streamStatus(this.stream);
    while (!this.left && !this.joined) {
      const held: Publication[] = [];
      this.held = held;
      try {
        const found = await this.listening.recover(this.stream, this.since?.at);
        if (held.some(({ epoch }) => epoch !== found.epoch)) continue;
        this.begin(found, held);
      } catch {
        // Asks again.
      }
    }
  }

  /** Where it stood so many steps ago. */
  stood(back: number): Stood {
    const had = new Map(this.since?.had);
    const path = this.path.slice(0, Math.max(1, this.path.length - back));
    for (const { at } of path) had.set(at.epoch, at.seq);
    return { ...(path.at(-1) ?? { at: this.at, sum: this.sum }), had };
  }

  leave(): void {
    this.left = true;
    this.held = undefined;
    this.listening.unsubscribe(this.stream, this);
  }

  publication(publication: Publication): void {
    if (this.left) this.complain('was told something after it had left', publication);
    else if (this.held) this.held.push(publication);
    else this.take(publication);
  }

  status(status: StreamStatus): void {
    this.status_ = status;
  }

  private begin(found: Recovery, held: readonly Publication[]): void {
    if (this.left) return;
    this.joined = true;
    this.held = undefined;
    const { epoch, seq, publications, recovered } = found;
    if (recovered && this.since) {
      this.at = this.since.at;
      this.sum = this.since.sum;
      this.highest.set(this.at.epoch, this.at.seq);
    }
    for (const publication of publications) {
      if (!this.isLog && publication.seq < (this.since?.had.get(publication.epoch) ?? 0))
        this.complain('was shown what is older than what it had', publication);
      this.take(publication);
    }
    if (publications.length > 0 && (this.at.epoch !== epoch || this.at.seq !== seq)) this.complain('was led astray', found);
    if (recovered && this.at.seq !== seq) this.complain('missed something of what was recovered', found);
    this.at = { epoch, seq };
    this.highest.set(epoch, seq);
    for (const publication of held) if (publication.epoch !== epoch || publication.seq > seq) this.take(publication);
  }

  private take(publication: Publication): void {
    const { epoch, seq, type } = publication;
    const highest = this.highest.get(epoch);
    if (highest !== undefined && (type === 'gap' ? seq < highest : seq <= highest))
      this.complain('heard a number twice', publication);
    const next = epoch === this.at.epoch && seq === this.at.seq + 1;
    if (type === 'gap') this.takeGap(publication);
    else if (this.isLog) {
      // Whoever was told that the stream stands nowhere is told its epoch before its first entry: how else would it resume?
      if (!next) this.complain('missed entries', publication);
      const said = this.truth.get(placeOf(this.stream, publication))?.step.body;
      if (!said?.equals(publication.body)) this.complain('heard what nobody said', publication);
    } else this.takeState(publication, next);
    this.at = { epoch, seq };
    this.highest.set(epoch, seq);
    this.path.push({ at: this.at, sum: this.sum });
  }

  private takeGap({ epoch, seq, body }: Publication): void {
    this.gaps++;
    const gap = JSON.parse(body.toString()) as Gap;
    // Nothing may be left out that is not declared.
    const highest = this.highest.get(epoch);
    const first = highest === undefined ? gap.from : highest + 1;
    if (
      !this.isLog ||
      gap.epoch !== epoch ||
      gap.to !== seq ||
      gap.from > gap.to ||
      (this.at.epoch !== '' && gap.from !== Math.min(first, seq))
    ) {
      this.complain('was told a wrong gap', gap);
    }
  }

  private takeState(publication: Publication, next: boolean): void {
    if (publication.type === 'snapshot') this.snapshots++;
    else if (!next) this.complain('missed messages', publication);
    const amount = amountIn(publication);
    this.sum = publication.type === 'delta' ? (this.sum ?? NaN) + amount : amount;
    if (this.sum !== this.truth.get(placeOf(this.stream, publication))?.sum) this.complain('has a wrong state', publication);
  }

  private complain(what: string, about: unknown): void {
    this.wrong ??= `${this.stream} at ${this.at.epoch}:${this.at.seq} ${what}: ${JSON.stringify(about, (key, value: unknown) => (key === 'body' ? undefined : value))}`;
  }
}
