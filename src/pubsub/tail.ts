import { parseStreamName } from '../streams/arg';
import { isStateKind, type Stream } from '../streams/stream';
import { Envelope } from './envelope';
import { Held } from './held';
import { Joiners, type Joined } from './joiners';
import { Place } from './place';
import type { Position, Publication, Recovery } from './publication';
import type { StreamListener } from './pubsub';
import { Recent } from './recent';
import type { StreamStatus } from './status';
import type { Found, Wire } from './wire';

/** What has happened on the way from publishers to here. */
export interface TailCounters {
  /** Times that publications were missing. */
  holes: number;
  /** Publications that had come already. */
  duplicates: number;
  /** Times that a place was looked up because of a hole, a break, another epoch or another wire. */
  repairs: number;
  /** Questions to publishers, by repairs and by joiners. */
  fetches: number;
  /** Gaps that listeners of log streams had to be told. */
  gaps: number;
}

/** What all tails of a process share. */
export interface TailContext {
  readonly brand: string;
  /** The wire of the moment. */
  readonly wire: Wire;
  /** See {@link Joined.wholeStateOf}. */
  readonly wholeStateOf: (publications: readonly Publication[], brand: string) => Publication | undefined;
  readonly counters: TailCounters;
}

/** A place where we cannot stand is looked up again when the stream has moved on by so much. */
const LOOK_AGAIN_AFTER = 8;
const NONE: Position = { epoch: '', seq: 0 };

/**
 * A process's place in one stream on a wire. Delivers every number at most once and none before a lower one of its epoch. What is
 * missing is fetched; where that is not possible a state stream goes on with a snapshot and a log stream with a gap.
 */
export class Tail implements Joined {
  readonly listeners = new Set<StreamListener>();
  /** Undefined until somebody who serves the stream has spoken. */
  status: StreamStatus | undefined;
  /** Where those stand who listen. */
  readonly place = new Place();
  readonly recent: Recent;
  /** Nobody serves the stream, or its publisher stands where we cannot follow without delivering a number twice. */
  lost = true;
  /** The place's number is right, but not every listener has what the next message builds on. */
  bare = false;

  /** The number that is delivered without a second look; NaN while there is none. */
  private next = NaN;
  /** A publisher has been asked at least once: joiners have an answer, if only that nobody serves the stream. */
  private found = false;
  private broken = false;
  /** Somebody was told that the stream stands nowhere, and neither a snapshot nor a gap has been told since. */
  private estranged = false;
  /** Nothing that was found over this wire has been gone on with yet. */
  private rewired = false;
  /** Whoever serves the stream over this wire is known to be alive: where it stands is not the last word of one that died. */
  private vouched = true;
  /** For that: listeners and joiners stay where the wire before has brought them. */
  waiting = false;
  private repairing = false;
  /** What the repair under way finds may be outdated. */
  private again = false;
  private fetching = false;
  private listening = false;
  /** Raised when answers to what was asked before are not wanted any more. */
  private turn = 0;
  /** Before this number looking again would bring nothing. */
  private barren = NONE;
  /** Up to here a fetch was quicker than what comes by itself; -1 when nothing was. */
  private overtaken = -1;
  private readonly held = new Held();
  private readonly joiners: Joiners;
  private readonly stream: Stream | undefined;
  readonly isState: boolean;

  /** @param name the stream's, without the brand; a name that cannot be read is taken for a log stream's */
  constructor(
    readonly name: string,
    private readonly context: TailContext,
  ) {
    this.stream = parseStreamName(name);
    this.isState = this.stream !== undefined && isStateKind(this.stream.kind);
    this.recent = new Recent(context.brand, name, this.isState);
    this.joiners = new Joiners(this);
  }

  get settled(): boolean {
    return this.found && !this.repairing && !this.broken;
  }

  start(): void {
    this.repairing = true;
    void this.lookUp(this.turn);
  }

  /** Nobody listens any more. */
  stop(): void {
    this.newTurn();
    this.joiners.end();
    this.context.wire.unlisten(this.name);
  }

  /**
   * The wire is another one; the tail has been taken off the one before.
   * @param vouched whoever serves the stream there is known to be alive
   */
  exchanged(vouched: boolean): void {
    this.newTurn();
    this.listening = false;
    this.rewired = true;
    this.vouched = vouched;
    this.repair();
  }

  /** Whoever serves the stream is alive: what the wire shows of it may be gone on with. */
  vouch(): void {
    this.vouched = true;
    if (this.waiting) this.repair();
  }

  publication(publication: Publication): void {
    if (publication.seq === this.next && publication.epoch === this.place.epoch) this.deliver(publication);
    else this.irregular(publication);
  }

  heardStatus(status: StreamStatus): void {
    if (status.state === 'live') this.vouch();
    if (this.repairing) this.held.add(status);
    else this.takeStatus(status);
  }

  opened(epoch: string): void {
    this.vouched = true;
    if (this.lost && !this.repairing && !this.place.knows(epoch)) {
      this.enter(epoch);
      this.status = undefined;
    } else this.reconsider();
  }

  closed(): void {
    if (this.repairing) this.reconsider();
    else this.lose();
  }

  /** Joins where the tail stands; see `Listening.recover`. */
  recover(since: Position | undefined): Recovery | Promise<Recovery> {
    return this.joiners.recover(since);
  }

  ask(since: Position | undefined): Promise<Found> {
    this.context.counters.fetches++;
    return this.context.wire.fetch(this.name, since);
  }

  advance({ publications, recovered }: Found): void {
    const first = publications[0]?.seq ?? Infinity;
    // A snapshot stands for what came before it, but is not that.
    if (this.bare || first > this.place.seq + (recovered ? 1 : 0)) return;
    for (const publication of publications) if (publication.seq === this.place.seq + 1) this.deliver(publication);
    this.overtaken = this.place.seq;
  }

  wholeStateOf(publications: readonly Publication[]): Publication | undefined {
    const { wholeStateOf, brand } = this.context;
    return wholeStateOf(publications, brand);
  }

  estrange(): void {
    this.estranged = true;
    if (this.place.epoch !== '') this.bare = true;
  }

  repair(): void {
    if (this.repairing) {
      this.again = true;
      return;
    }
    this.context.counters.repairs++;
    this.repairing = true;
    this.next = NaN;
    void this.lookUp(this.turn);
  }

  /** What came before this may have been from another epoch than we thought. Unless the stream is only about to be asked for. */
  private reconsider(): void {
    if (!this.repairing || this.fetching) this.repair();
  }

  private deliver(publication: Publication): void {
    this.place.seq = publication.seq;
    if (publication.type === 'snapshot') this.estranged = false;
    if (!this.repairing) this.next = publication.seq + 1;
    this.recent.add(publication);
    this.joiners.delivered(publication);
    for (const listener of this.listeners) listener.publication(publication);
  }

  private irregular(publication: Publication): void {
    if (this.repairing) {
      this.vouched = true;
      this.held.add(publication);
      return;
    }
    // What is not newer than what was found may be the last word of one that has died, and late.
    if (this.waiting && this.isBarren(publication)) return;
    this.vouched = true;
    if (this.fits(publication) || this.isBarren(publication)) return;
    if (!this.lost && publication.epoch === this.place.epoch) this.context.counters.holes++;
    this.repair();
    this.held.add(publication);
  }

  /** Delivers what can be delivered, and passes over what had come before. False: the place must be looked up. */
  private fits(publication: Publication): boolean {
    const { place } = this;
    const { epoch, seq, type } = publication;
    if (place.knows(epoch) && seq <= place.floor(epoch)) {
      this.passOver(publication);
      return true;
    }
    if (epoch === place.epoch && !this.lost) {
      if (seq !== place.seq + 1 || (this.bare && !this.isWhole(type))) return false;
      this.bare = false;
      this.barren = NONE;
    } else if (!this.waiting && !this.stranded) {
      // Perhaps from before the epoch that a fetch has brought us to, or the late word of one that does not serve the stream any more.
      return false;
    } else if (this.isState && type === 'snapshot') this.move(epoch, seq - 1);
    else if (seq === 1 && !place.knows(epoch)) this.enter(epoch);
    else return false;
    this.deliver(publication);
    return true;
  }

  /** Whether somebody who stands at the place's number, or nowhere, can go on with it. */
  private isWhole(type: Publication['type']): boolean {
    return type === 'snapshot' || (type === 'update' && !this.estranged);
  }

  private passOver({ epoch, seq }: Publication): void {
    if (epoch !== this.place.epoch || seq > this.overtaken) this.context.counters.duplicates++;
    else if (seq === this.overtaken) this.overtaken = -1;
  }

  /** Somebody serves the stream, but stands where we cannot follow. */
  private get stranded(): boolean {
    return this.lost && this.barren !== NONE;
  }

  private isBarren({ epoch, seq }: Publication): boolean {
    return (this.lost || this.bare || this.waiting) && epoch === this.barren.epoch && seq < this.barren.seq;
  }

  /** Asks where the stream stands until the answer is not outdated when it comes. */
  private async lookUp(turn: number): Promise<void> {
    let first = true;
    do {
      this.again = false;
      const { epoch, seq } = this.place;
      const found = await this.listenAndFetch(turn);
      if (turn !== this.turn) return;
      this.broken = !found;
      if (found) this.accept(found);
      const fitted = this.fitHeld();
      if (!found) continue;
      // An answer that brings nothing new will not do so when asked for again at once.
      const moved = first || epoch !== this.place.epoch || seq !== this.place.seq;
      if (moved && !fitted) this.again = true;
      first = false;
    } while (this.again && turn === this.turn);
    if (turn !== this.turn) return;
    this.repairing = false;
    this.next = this.lost || this.bare || this.waiting ? NaN : this.place.seq + 1;
    if (this.settled) this.joiners.settled();
  }

  /** Undefined when the wire is broken. */
  private async listenAndFetch(turn: number): Promise<Found | undefined> {
    const { wire } = this.context;
    const { name, place, bare } = this;
    try {
      if (!this.listening) {
        await wire.listen(name);
        if (turn !== this.turn) return undefined;
        this.listening = true;
      }
      this.fetching = true;
      return await this.ask(place.epoch === '' || bare ? undefined : { epoch: place.epoch, seq: place.seq });
    } catch {
      return undefined;
    } finally {
      if (turn === this.turn) this.fetching = false;
    }
  }

  private accept(found: Found): void {
    const { place } = this;
    const doubted = this.isDoubtful(found);
    this.waiting = doubted;
    if (found.epoch === '') this.lose();
    else if (found.recovered) this.catchUp(found);
    else if (!this.found && place.epoch === '') this.begin(found);
    else if (doubted) this.wait(found);
    else if (this.isState) this.jump(found);
    else this.bridge(found);
    this.found = true;
    this.rewired &&= doubted;
    this.overtaken = place.seq;
    if (!doubted || found.status?.state !== 'live') this.tell(found.status);
  }

  /** A state that nobody vouches for may be older than what listeners have been shown over the wire before. */
  private isDoubtful({ epoch, recovered }: Found): boolean {
    return this.isState && !this.vouched && this.place.epoch !== '' && epoch !== '' && !recovered;
  }

  /** Stays where listeners are until somebody is heard who serves the stream. */
  private wait({ epoch, seq }: Position): void {
    this.barren = { epoch, seq: seq + 1 };
  }

  private catchUp({ publications }: Found): void {
    if (this.bare) {
      // Somebody was told since the question that the stream stands nowhere.
      this.again = true;
      return;
    }
    this.lost = false;
    for (const publication of publications) if (publication.seq === this.place.seq + 1) this.deliver(publication);
  }

  /** Nobody has been told anything yet: joiners are given what was found. */
  private begin({ epoch, seq, publications }: Found): void {
    this.move(epoch, seq);
    this.stateless(publications, seq);
    this.recent.replace(publications);
  }

  /** What was missed of a state stream is outdated: it goes on with the newest whole state, so that no older one is shown on the way. */
  private jump({ epoch, seq, publications }: Found): void {
    const { place } = this;
    const whole = this.wholeStateOf(publications);
    const newest = whole?.seq ?? seq;
    if (!whole && epoch === place.epoch && seq === place.seq) {
      this.lost = false;
      return;
    }
    const floor = place.floor(epoch);
    if (place.knows(epoch) && newest < floor) {
      this.strand({ epoch, seq });
      return;
    }
    if (place.knows(epoch) && newest === floor) {
      this.return({ epoch, seq: newest });
      return;
    }
    this.move(epoch, whole ? newest - 1 : seq);
    this.stateless(whole ? [whole] : [], seq);
    if (!whole) return;
    this.deliver(whole);
    this.recent.replace([whole]);
  }

  /** To a number that had been delivered before the stream was heard elsewhere. What was shown there stays until there is a newer one. */
  private return({ epoch, seq }: Position): void {
    this.move(epoch, seq);
    this.bare = true;
    this.barren = { epoch, seq: seq + 1 };
  }

  /** What was missed of a log stream is declared, unless it is only missing because the epoch is another. */
  private bridge({ epoch, seq }: Found): void {
    const { place } = this;
    if (!place.knows(epoch) && !(this.rewired && place.epoch !== '')) {
      this.enter(epoch);
      if (seq > 0) this.again = true;
      return;
    }
    // Over another wire, entries of an epoch that was never heard may be those that had come over the one before.
    const floor = place.floor(epoch);
    if (seq < floor) this.strand({ epoch, seq });
    else if (epoch === place.epoch && seq === floor && !this.bare) this.lost = false;
    else {
      this.move(epoch, seq);
      this.gap(Math.min(floor + 1, seq));
    }
  }

  /** A publisher that lost its memory, or that we had left, stands where numbers would come twice. */
  private strand({ epoch, seq }: Position): void {
    this.lost = true;
    if (epoch === this.place.epoch) this.bare = true;
    this.barren = { epoch, seq: seq + LOOK_AGAIN_AFTER };
    this.recent.clear();
  }

  private stateless(publications: readonly Publication[], seq: number): void {
    this.bare = this.isState && publications.length === 0 && seq > 0;
    if (this.bare) this.barren = { epoch: this.place.epoch, seq: seq + LOOK_AGAIN_AFTER };
  }

  /** Begins an epoch before its first message. Whoever had another place, or was told of none, learns of it: entries do not name it. */
  private enter(epoch: string): void {
    const before = this.place.epoch;
    this.move(epoch, 0);
    if (!this.repairing) this.next = 1;
    if (!this.isState && (before !== '' || this.estranged)) this.gap(0);
  }

  private move(epoch: string, seq: number): void {
    this.place.moveTo(epoch, seq);
    this.lost = false;
    this.bare = false;
    this.waiting = false;
    this.barren = NONE;
    this.overtaken = -1;
    this.recent.clear();
    this.joiners.interrupted();
  }

  private lose(): void {
    this.lost = true;
    this.waiting = false;
    this.barren = NONE;
    this.next = NaN;
    this.status = undefined;
    this.recent.clear();
  }

  /** Tells that entries `from` to the place's number are missing, and those of an epoch before it that were not delivered. */
  private gap(from: number): void {
    if (!this.stream) return;
    this.context.counters.gaps++;
    this.estranged = false;
    const { market, kind, name } = this.stream;
    const { epoch, seq } = this.place;
    const body = new Envelope(this.context.brand, name).gap({ epoch, seq }, 'history_exceeded', from);
    const gap: Publication = { stream: name, market, kind, epoch, seq, type: 'gap', closed: false, received: 0, body };
    for (const listener of this.listeners) listener.publication(gap);
  }

  /** Returns false when something was held that does not fit. What is behind it need not be kept: the publisher knows it too. */
  private fitHeld(): boolean {
    let fitted = !this.held.overflown;
    for (const entry of this.held.take()) {
      if (!('body' in entry)) this.takeStatus(entry);
      else if (fitted && !this.fits(entry) && !this.isBarren(entry)) fitted = false;
    }
    return fitted;
  }

  private takeStatus(status: StreamStatus): void {
    if (this.mayBeLate(status)) {
      // Late, or by a clock that is behind the one of who spoke before: only who serves the stream knows.
      if (!saysTheSame(status, this.status)) this.repair();
    } else if (this.lost && !this.stranded) {
      // Nobody serves the stream: it is a late word, or the opening was lost.
      this.repair();
    } else this.tell(status);
  }

  /** What a fetch has overtaken comes afterwards, and the answer knew better. */
  private mayBeLate({ since }: StreamStatus): boolean {
    return this.overtaken === this.place.seq && (this.status === undefined || since < this.status.since);
  }

  private tell(status: StreamStatus | undefined): void {
    const before = this.status;
    this.status = status;
    if (!status || (saysTheSame(status, before) && before?.since === status.since)) return;
    // The state that joiners would be given is void.
    if (this.isState && status.state === 'resyncing') this.recent.clear();
    for (const listener of this.listeners) listener.status(status);
  }

  private newTurn(): void {
    this.turn++;
    this.repairing = false;
    this.fetching = false;
    this.broken = false;
    this.held.clear();
    this.joiners.askAnew();
  }
}

function saysTheSame({ state, reason }: StreamStatus, other: StreamStatus | undefined): boolean {
  return other?.state === state && other.reason === reason;
}
