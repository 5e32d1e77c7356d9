import type { Place } from './place';
import type { Position, Publication, Recovery } from './publication';
import type { Recent } from './recent';
import type { Found } from './wire';

/** What joiners need of the tail that they join. */
export interface Joined {
  readonly place: Place;
  readonly recent: Recent;
  /** Whether only the newest state of the stream matters. */
  readonly isState: boolean;
  /** Nobody serves the stream, as far as is known. */
  readonly lost: boolean;
  /** The place's number is right, but not every listener has what the next message builds on. */
  readonly bare: boolean;
  /** Where the stream stands is known but not gone on with yet: everybody stays where the wire before has brought them. */
  readonly waiting: boolean;
  /** The newest of these, a snapshot and what followed it, as one snapshot; undefined without a snapshot. */
  wholeStateOf(publications: readonly Publication[]): Publication | undefined;
  /** A place has been found, if only that there is none, and is not being looked up. */
  readonly settled: boolean;
  ask(since: Position | undefined): Promise<Found>;
  /** Somebody was told that the stream stands nowhere, although others have a place in it. */
  estrange(): void;
  /** Looks the place up. `settled` is false until that has succeeded. */
  repair(): void;
  /** Delivers what is new in an answer and follows the place without a hole. */
  advance(found: Found): void;
}

const NOWHERE: Recovery = { epoch: '', seq: 0, publications: [], recovered: false };
const MAX_TRAIL = 256;
/** A joiner that has asked so often in vain is told so. */
const MAX_TRIES = 8;

/**
 * Answers those who join a stream: from memory, if that suffices, or with what the publisher answers, once for all who ask. The answer
 * always ends exactly where the tail stands, so that it and what is delivered afterwards have neither a hole nor an overlap.
 */
export class Joiners {
  /** What was delivered since the first of those asked that still wait for an answer. */
  private trail: Publication[] = [];
  private asking = 0;
  private shared: Promise<Found | undefined> | undefined;
  private waiting: (() => void)[] = [];
  private readonly unanswered = new Set<() => void>();
  private ended = false;
  private whole: Publication | undefined;

  constructor(private readonly tail: Joined) {}

  recover(since: Position | undefined): Recovery | Promise<Recovery> {
    const known = this.known(since);
    return known ? this.begun(known, since) : this.ask(since);
  }

  delivered(publication: Publication): void {
    if (this.asking === 0) return;
    // Those who wait ask again when they find it cut.
    if (this.trail.length === MAX_TRAIL) this.trail = [];
    this.trail.push(publication);
  }

  /** What is delivered from now on does not follow what was delivered before. */
  interrupted(): void {
    this.trail = [];
  }

  /** The place has been looked up. */
  settled(): void {
    const { waiting } = this;
    this.waiting = [];
    for (const go of waiting) go();
  }

  /** What was asked before is not wanted any more: the wire is another one. */
  askAnew(): void {
    this.shared = undefined;
    for (const giveUp of this.unanswered) giveUp();
    this.unanswered.clear();
  }

  /** Nobody listens any more. */
  end(): void {
    this.ended = true;
    this.askAnew();
    this.settled();
  }

  /** Who was elsewhere may have been anywhere in this epoch before that: it begins with the newest state, not with one before it. */
  private begun(recovery: Recovery, since: Position | undefined): Recovery {
    const { publications } = recovery;
    if (!since || recovery.recovered || !this.tail.isState || publications.length < 2) return recovery;
    const { epoch, seq } = recovery;
    // Made once per number, however many come.
    if (this.whole?.seq !== seq || this.whole.epoch !== epoch) this.whole = this.tail.wholeStateOf(publications);
    return this.whole ? { ...recovery, publications: [this.whole] } : recovery;
  }

  /** @param asked the publisher has been asked, and the place looked up again if the answer did not fit */
  private known(since: Position | undefined, asked = false): Recovery | undefined {
    const { place, recent, lost, bare, settled, waiting } = this.tail;
    // Whoever names an epoch that is not known here may have been where more was heard: only the publisher knows which is the newer one.
    if (since && !asked && (lost || since.epoch !== place.epoch)) return undefined;
    if (lost) {
      if (!settled) return undefined;
      this.tail.estrange();
      return NOWHERE;
    }
    const { epoch, seq } = place;
    if (since?.epoch === epoch) {
      const missed = bare ? undefined : since.seq === seq ? [] : recent.after(since.seq);
      if (missed) return { epoch, seq, publications: missed, recovered: true };
      if (!waiting) return undefined;
    }
    const publications = seq === 0 ? [] : recent.beginning();
    if (publications) return { epoch, seq, publications, recovered: false };
    if (!waiting) return undefined;
    this.tail.estrange();
    return NOWHERE;
  }

  private async ask(since: Position | undefined): Promise<Recovery> {
    for (let tries = 0; tries < MAX_TRIES; tries++) {
      while (!this.tail.settled && !this.ended) await new Promise<void>((resolve) => this.waiting.push(resolve));
      if (this.ended) return NOWHERE;
      const known = this.known(since, tries > 0);
      if (known) return this.begun(known, since);
      this.asking++;
      const found = await (since?.epoch === this.tail.place.epoch ? this.question(since) : this.sharedQuestion());
      const answer = found && this.completed(found);
      if (--this.asking === 0) this.trail = [];
      if (answer) return this.begun(answer, since);
    }
    throw new Error('where the stream stands could not be found out');
  }

  private sharedQuestion(): Promise<Found | undefined> {
    if (this.shared) return this.shared;
    const question = this.question(undefined).finally(() => {
      if (this.shared === question) this.shared = undefined;
    });
    this.shared = question;
    return question;
  }

  /** Resolves to undefined when the wire is broken, or another one by now. */
  private question(since: Position | undefined): Promise<Found | undefined> {
    return new Promise((resolve) => {
      const giveUp = () => resolve(undefined);
      this.unanswered.add(giveUp);
      this.tail.ask(since).then(
        (found) => {
          this.unanswered.delete(giveUp);
          resolve(found);
        },
        () => {
          if (this.unanswered.delete(giveUp)) this.tail.repair();
          giveUp();
        },
      );
    });
  }

  /** The answer with what was delivered since. Undefined when the two do not meet. */
  private completed(found: Found): Recovery | undefined {
    const { tail } = this;
    const { place, recent } = tail;
    if (!tail.settled || this.ended) return undefined;
    if (tail.lost && found.epoch === '') {
      tail.estrange();
      return NOWHERE;
    }
    if (!tail.lost && found.epoch === place.epoch && found.seq > place.seq) tail.advance(found);
    if (tail.lost || found.epoch !== place.epoch || found.seq > place.seq) {
      tail.repair();
      return undefined;
    }
    const since = this.trail.filter(({ seq }) => seq > found.seq);
    if (since.length !== place.seq - found.seq) return undefined;
    const { epoch, seq } = place;
    const { recovered } = found;
    // Of a log stream, entries up to the place are declared missing: then none of them may follow.
    const publications = recovered || tail.isState ? [...found.publications, ...since] : [];
    if (!recovered) recent.replace(publications);
    return { epoch, seq, publications, recovered };
  }
}
