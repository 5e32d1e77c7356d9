import { Envelope } from '../pubsub/envelope';
import type { Position, Publication } from '../pubsub/publication';
import type { Listening, StreamListener } from '../pubsub/pubsub';
import type { AccountStream } from '../streams/stream';

const MAX_HELD = 25_000;

/**
 * Hears one account stream from the place on where the events of this replica or of the one before it were kept last. What is said before
 * that place is known waits here.
 */
export class AccountIntake implements StreamListener {
  /** Publications that waited here and had to go for want of room. */
  lost = 0;
  /** What came last. */
  newest: Pick<Publication, 'seq' | 'received'> = { seq: 0, received: 0 };
  /** Everything up to here was taken. */
  private place: Position = { epoch: '', seq: 0 };
  private held: Publication[] | undefined = [];
  private ended = false;

  /** @param take gets every publication once, in order */
  constructor(
    readonly stream: AccountStream,
    private readonly brand: string,
    private readonly pubsub: Pick<Listening, 'subscribe' | 'unsubscribe' | 'recover'>,
    private readonly take: (publication: Publication) => void,
  ) {}

  get flowing(): boolean {
    return this.held === undefined;
  }

  /** Whether everything up to a place has been taken. */
  reached({ epoch, seq }: Position): boolean {
    return seq === 0 || (this.place.epoch === epoch && this.place.seq >= seq);
  }

  listen(): void {
    this.pubsub.subscribe(this.stream.name, this);
  }

  publication(publication: Publication): void {
    // A new epoch: who begins one asks the exchange what was not told, and tells it. Nothing that came before is missing for good.
    if (publication.type === 'gap' && publication.seq === 0) return;
    this.newest = publication;
    if (!this.held) {
      this.pass(publication);
      return;
    }
    this.held.push(publication);
    if (this.held.length <= MAX_HELD) return;
    this.held.shift();
    this.lost++;
  }

  status(): void {
    // The account's health is told by its upstream.
  }

  /** Lets the stream flow, first with what came after `place`. Rejects when that cannot be looked up now: then it can be tried again. */
  async begin(place: Position | undefined): Promise<void> {
    const since = place ?? { epoch: '', seq: 0 };
    let found = await this.pubsub.recover(this.stream.name, since);
    let from = since.seq + 1;
    if (!found.recovered && found.epoch !== '' && found.epoch !== since.epoch) {
      // Another epoch has begun: all of it is new to us.
      found = await this.pubsub.recover(this.stream.name, { epoch: found.epoch, seq: 0 });
      from = 1;
    }
    const { held = [] } = this;
    if (this.ended || this.flowing) return;
    this.held = undefined;
    // What was heard before the epoch that was found began is older than all of it, as is the rest of the epoch before.
    const began = held.findIndex(({ epoch }) => epoch === found.epoch);
    const older = held.splice(0, began >= 0 ? began : held.findLastIndex(({ epoch }) => epoch === since.epoch) + 1);
    for (const publication of older) this.pass(publication);
    this.place = found;
    if (found.recovered) {
      for (const publication of found.publications) this.pass(publication);
      for (const publication of held)
        if (publication.epoch !== found.epoch || publication.seq > found.seq) this.pass(publication);
      return;
    }
    const [first] = held;
    const to = first?.epoch === found.epoch ? first.seq - 1 : found.seq;
    if (place && found.epoch !== '' && to >= from) this.pass(this.gap(found.epoch, from, to));
    for (const publication of held) this.pass(publication);
  }

  end(): void {
    if (this.ended) return;
    this.ended = true;
    this.pubsub.unsubscribe(this.stream.name, this);
  }

  private pass(publication: Publication): void {
    this.place = publication;
    this.take(publication);
  }

  /** Says that what was published from number `from` to `to` cannot be had any more. */
  private gap(epoch: string, from: number, to: number): Publication {
    const { name: stream, market, kind } = this.stream;
    const body = new Envelope(this.brand, stream).gap({ epoch, seq: to }, 'history_exceeded', from);
    return { stream, market, kind, epoch, seq: to, type: 'gap', closed: false, received: 0, body };
  }
}
