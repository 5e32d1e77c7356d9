import { systemClock } from '../clock/clock';
import { publication } from '../../test/support/publications';
import { settled } from '../../test/support/settled';
import { InProcessPubSub } from './in-process';
import { LocalWire } from './local-wire';
import type { Position, Publication } from './publication';
import type { StreamListener } from './pubsub';
import type { MarketStatus, StreamStatus } from './status';
import { Tailing } from './tailing';
import type { Found, Wire, WireListener } from './wire';

const BOOK = 'futures.orderbook.50.AUSDT';
const TICKER = 'futures.ticker.AUSDT';
const TRADES = 'futures.trade.AUSDT';
const LIVE: StreamStatus = { state: 'live', reason: '', since: 5 };
const STALE: MarketStatus = { market: 'futures', state: 'stale', reason: 'upstream disconnected', since: 7 };

const snapshot = (stream: string, epoch: string, seq: number) => publication(stream, epoch, seq, 'snapshot');
const delta = (stream: string, epoch: string, seq: number) => publication(stream, epoch, seq, 'delta');

/** What a book's deltas make of a snapshot, without looking at what is in them. */
const newestOf = (publications: readonly Publication[]) => {
  const newest = publications.at(-1);
  return newest && publications[0]?.type !== 'delta' ? snapshot(newest.stream, newest.epoch, newest.seq) : undefined;
};

/** Answers as a test says, at once, and says when it was asked what. */
class ScriptedWire implements Wire {
  readonly asked: string[] = [];
  found: Found = { epoch: '', seq: 0, publications: [], recovered: false, status: undefined };
  markets: MarketStatus[] = [];
  broken = false;
  ear: WireListener | undefined;
  /** Called before an answer is given. */
  meanwhile: () => void = () => undefined;

  hear(listener: WireListener): void {
    this.ear = listener;
  }

  listen(stream: string): Promise<void> {
    this.asked.push(`listen ${stream}`);
    return this.broken ? Promise.reject(new Error('broken')) : Promise.resolve();
  }

  unlisten(stream: string): void {
    this.asked.push(`unlisten ${stream}`);
  }

  async fetch(stream: string, since?: Position): Promise<Found> {
    this.asked.push(`fetch ${stream}${since ? ` since ${since.epoch}:${since.seq}` : ''}`);
    if (this.broken) throw new Error('broken');
    const { found } = this;
    await Promise.resolve();
    this.meanwhile();
    return found;
  }

  fetchMarkets(): Promise<MarketStatus[]> {
    return this.broken ? Promise.reject(new Error('broken')) : Promise.resolve(this.markets);
  }

  /** Everything that comes over the wire. */
  say(...publications: Publication[]): void {
    for (const step of publications) this.ear?.publication(step);
  }

  stands(publications: Publication[], recovered = false, status = LIVE): void {
    const { epoch, seq } = publications.at(-1) as Publication;
    this.found = { epoch, seq, publications, recovered, status };
  }
}

class Heard implements StreamListener {
  readonly log: string[] = [];
  readonly bodies: string[] = [];

  publication({ type, epoch, seq, body }: Publication): void {
    this.log.push(`${type} ${epoch}:${seq}`);
    this.bodies.push(body.toString());
  }

  status({ state }: StreamStatus): void {
    this.log.push(state);
  }
}

function places(publications: readonly Publication[]): string[] {
  return publications.map(({ type, epoch, seq }) => `${type} ${epoch}:${seq}`);
}

async function setUp(stream: string, found: Publication[] = []) {
  const wire = new ScriptedWire();
  if (found.length > 0) wire.stands(found);
  const tailing = new Tailing(wire, 'mudrex', systemClock, newestOf);
  tailing.start();
  const heard = new Heard();
  tailing.subscribe(stream, heard);
  await settled();
  wire.asked.length = 0;
  return { wire, tailing, heard };
}

describe('Tailing', () => {
  it('hears a stream before it asks where that stands, and once for all listeners', async () => {
    const wire = new ScriptedWire();
    const tailing = new Tailing(wire, 'mudrex', systemClock, newestOf);
    tailing.start();
    tailing.subscribe(TICKER, new Heard());
    tailing.subscribe(TICKER, new Heard());
    await settled();
    expect(wire.asked).toEqual([`listen ${TICKER}`, `fetch ${TICKER}`]);
    expect(tailing.counters).toEqual({ holes: 0, duplicates: 0, repairs: 0, fetches: 1, gaps: 0 });
  });

  it('fetches what is missing and no more, and counts what was wrong', async () => {
    const { wire, tailing, heard } = await setUp(BOOK, [snapshot(BOOK, 'e', 3)]);
    wire.say(delta(BOOK, 'e', 4), delta(BOOK, 'e', 4));
    wire.stands([delta(BOOK, 'e', 5), delta(BOOK, 'e', 6), delta(BOOK, 'e', 7), delta(BOOK, 'e', 8)], true);
    wire.say(delta(BOOK, 'e', 7), delta(BOOK, 'e', 8), delta(BOOK, 'e', 9));
    await settled();
    expect(heard.log).toEqual(['live', 'delta e:4', 'delta e:5', 'delta e:6', 'delta e:7', 'delta e:8', 'delta e:9']);
    expect(wire.asked).toEqual([`fetch ${BOOK} since e:4`]);
    expect(tailing.counters).toMatchObject({ holes: 1, duplicates: 1, repairs: 1 });
  });

  it('asks again when something is missing behind what it has fetched', async () => {
    const { wire, heard } = await setUp(BOOK, [snapshot(BOOK, 'e', 1)]);
    wire.stands([delta(BOOK, 'e', 2), delta(BOOK, 'e', 3)], true);
    wire.say(delta(BOOK, 'e', 3), delta(BOOK, 'e', 5));
    wire.meanwhile = () => wire.stands([delta(BOOK, 'e', 4), delta(BOOK, 'e', 5)], true);
    await settled();
    expect(heard.log.slice(1)).toEqual(['delta e:2', 'delta e:3', 'delta e:4', 'delta e:5']);
    expect(wire.asked).toEqual([`fetch ${BOOK} since e:1`, `fetch ${BOOK} since e:3`]);
  });

  it('does not ask on and on when an answer is behind what was heard', async () => {
    const { wire, tailing } = await setUp(BOOK, [snapshot(BOOK, 'e', 1)]);
    wire.found = { ...wire.found, publications: [], recovered: true };
    wire.say(delta(BOOK, 'e', 9));
    await settled();
    expect(tailing.counters.fetches).toBe(3);
  });

  it('goes on with one snapshot of the newest state where history does not reach back', async () => {
    const { wire, heard } = await setUp(BOOK, [snapshot(BOOK, 'e', 1)]);
    wire.say(delta(BOOK, 'e', 9));
    wire.stands([snapshot(BOOK, 'e', 8), delta(BOOK, 'e', 9)]);
    await settled();
    wire.say(delta(BOOK, 'e', 10));
    expect(heard.log.slice(1)).toEqual(['snapshot e:9', 'delta e:10']);
  });

  it('declares what is missing of a log stream where history does not reach back', async () => {
    const { wire, heard, tailing } = await setUp(TRADES, [publication(TRADES, 'e', 1)]);
    wire.say(publication(TRADES, 'e', 9));
    wire.found = { epoch: 'e', seq: 9, publications: [], recovered: false, status: LIVE };
    await settled();
    wire.say(publication(TRADES, 'e', 10));
    expect(heard.log.slice(1)).toEqual(['gap e:9', 'update e:10']);
    expect(heard.bodies[0]).toBe(
      '{"op":"gap","stream":"mudrex.futures.trade.AUSDT","epoch":"e","from":2,"to":9,"reason":"history_exceeded"}',
    );
    expect(tailing.counters.gaps).toBe(1);
  });

  it('brings all of a new epoch of a log stream, behind a gap that names it', async () => {
    const { wire, heard } = await setUp(TRADES, [publication(TRADES, 'e', 7)]);
    wire.found = { epoch: 'f', seq: 2, publications: [], recovered: false, status: LIVE };
    wire.meanwhile = () => wire.stands([publication(TRADES, 'f', 1), publication(TRADES, 'f', 2)], true);
    wire.ear?.opened(TRADES, 'f');
    await settled();
    expect(heard.log.slice(1)).toEqual(['gap f:0', 'update f:1', 'update f:2']);
    expect(wire.asked).toEqual([`fetch ${TRADES} since e:7`, `fetch ${TRADES} since f:0`]);
  });

  it('names the epoch of a log stream that nobody served to those who were told so, and to nobody else', async () => {
    const { wire, tailing, heard } = await setUp(TRADES);
    expect(tailing.recover(TRADES)).toEqual({ epoch: '', seq: 0, publications: [], recovered: false });
    wire.ear?.opened(TRADES, 'e');
    wire.say(publication(TRADES, 'e', 1));
    expect(heard.log).toEqual(['gap e:0', 'update e:1']);
    expect(heard.bodies[0]).toBe(
      '{"op":"gap","stream":"mudrex.futures.trade.AUSDT","epoch":"e","from":0,"to":0,"reason":"history_exceeded"}',
    );
    expect(tailing.recover(TRADES, { epoch: 'e', seq: 1 })).toMatchObject({ epoch: 'e', seq: 1, recovered: true });
    const untold = await setUp(TRADES);
    untold.wire.ear?.opened(TRADES, 'e');
    untold.wire.say(publication(TRADES, 'e', 1));
    expect(untold.heard.log).toEqual(['update e:1']);
  });

  it('names the epoch of a log stream that was asked for again, too', async () => {
    const { wire, tailing, heard } = await setUp(TRADES);
    await tailing.recover(TRADES, { epoch: 'd', seq: 4 });
    wire.found = { epoch: 'e', seq: 1, publications: [], recovered: false, status: LIVE };
    wire.meanwhile = () => wire.stands([publication(TRADES, 'e', 1)], true);
    wire.ear?.restored();
    await settled();
    expect(heard.log).toEqual(['gap e:0', 'live', 'update e:1']);
  });

  it('repeats nothing of a log stream over another wire, where the same entries have other numbers', async () => {
    const { tailing, heard } = await setUp(TRADES, [publication(TRADES, 'e', 7)]);
    const other = new ScriptedWire();
    other.found = { epoch: 'f', seq: 2, publications: [], recovered: false, status: LIVE };
    tailing.use(other, true);
    await settled();
    other.say(publication(TRADES, 'f', 3));
    expect(heard.log.slice(1)).toEqual(['gap f:2', 'update f:3']);
  });

  it('follows a publisher that lost its memory only from where no number comes twice', async () => {
    const { wire, tailing, heard } = await setUp(BOOK, [snapshot(BOOK, 'e', 100)]);
    wire.stands([snapshot(BOOK, 'e', 80)]);
    wire.ear?.restored();
    await settled();
    expect(tailing.recover(BOOK)).toEqual({ epoch: '', seq: 0, publications: [], recovered: false });
    for (let seq = 81; seq < 108; seq++) wire.say(delta(BOOK, 'e', seq));
    wire.stands([snapshot(BOOK, 'e', 96), delta(BOOK, 'e', 97)]);
    await settled();
    expect(heard.log).toEqual(['live']);
    // What it held at number 100 is not what the publisher had there.
    expect(new Set(wire.asked.slice(1))).toEqual(new Set([`fetch ${BOOK}`]));
    wire.say(snapshot(BOOK, 'e', 120), delta(BOOK, 'e', 121));
    expect(heard.log).toEqual(['live', 'snapshot e:120', 'delta e:121']);
  });

  it('declares the entries of a log stream whose publisher lost its memory', async () => {
    const { wire, heard } = await setUp(TRADES, [publication(TRADES, 'e', 100)]);
    const stands = (seq: number) => (wire.found = { epoch: 'e', seq, publications: [], recovered: false, status: LIVE });
    stands(80);
    wire.ear?.restored();
    await settled();
    stands(103);
    wire.say(publication(TRADES, 'e', 81), publication(TRADES, 'e', 103));
    await settled();
    wire.say(publication(TRADES, 'e', 104));
    expect(heard.log.slice(1)).toEqual(['gap e:103', 'update e:104']);
    expect(heard.bodies[0]).toContain('"from":101,"to":103');
  });

  it('applies no delta to a state that was never had', async () => {
    const { wire, heard } = await setUp(BOOK, [snapshot(BOOK, 'e', 1)]);
    wire.found = { epoch: 'e', seq: 20, publications: [], recovered: false, status: { ...LIVE, state: 'resyncing' } };
    wire.say(delta(BOOK, 'e', 20));
    await settled();
    wire.say(delta(BOOK, 'e', 21), delta(BOOK, 'e', 22));
    await settled();
    expect(wire.asked).toHaveLength(1);
    wire.say(snapshot(BOOK, 'e', 23));
    wire.stands([snapshot(BOOK, 'e', 29)]);
    wire.say(delta(BOOK, 'e', 29));
    await settled();
    expect(heard.log.slice(1)).toEqual(['resyncing', 'snapshot e:29', 'live']);
  });

  it('is not led back by a late word of an epoch that it has left', async () => {
    const { wire, heard } = await setUp(BOOK, [snapshot(BOOK, 'e', 5)]);
    wire.stands([snapshot(BOOK, 'f', 2)]);
    wire.ear?.restored();
    await settled();
    wire.found = { ...wire.found, publications: [], recovered: true };
    wire.say(snapshot(BOOK, 'e', 4), snapshot(BOOK, 'e', 6));
    await settled();
    wire.say(delta(BOOK, 'f', 3));
    wire.ear?.closed(BOOK);
    wire.say(snapshot(BOOK, 'e', 4));
    expect(heard.log.slice(1)).toEqual(['snapshot f:2', 'delta f:3']);
  });

  it('asks what is true when it is told a status that a fetch may have overtaken', async () => {
    const { wire, tailing, heard } = await setUp(BOOK, [snapshot(BOOK, 'e', 1)]);
    wire.stands([delta(BOOK, 'e', 2), delta(BOOK, 'e', 3)], true, { ...LIVE, since: 9 });
    wire.ear?.restored();
    await settled();
    wire.asked.length = 0;
    wire.ear?.status(BOOK, { state: 'resyncing', reason: 'update_gap', since: 8 });
    wire.say(delta(BOOK, 'e', 2), delta(BOOK, 'e', 3));
    await settled();
    expect(wire.asked).toEqual([`fetch ${BOOK} since e:3`]);
    expect(tailing.streamStatus(BOOK)?.state).toBe('live');
    wire.ear?.status(BOOK, { state: 'resyncing', reason: 'update_gap', since: 3 });
    expect(heard.log).toEqual(['live', 'delta e:2', 'delta e:3', 'live', 'resyncing']);
  });

  it('asks also when nothing was said of an epoch yet: it may be of the one before', async () => {
    const { wire, tailing, heard } = await setUp(BOOK, [snapshot(BOOK, 'e', 1)]);
    wire.found = { epoch: 'f', seq: 0, publications: [], recovered: false, status: undefined };
    wire.ear?.opened(BOOK, 'f');
    await settled();
    wire.asked.length = 0;
    wire.ear?.status(BOOK, { state: 'resyncing', reason: 'update_gap', since: 6 });
    await settled();
    expect(wire.asked).toEqual([`fetch ${BOOK} since f:0`]);
    expect(tailing.streamStatus(BOOK)).toBeUndefined();
    expect(heard.log).toEqual(['live']);
  });

  it('takes the word of a new publisher whose clock is behind, and asks nothing when that says the same', async () => {
    const { wire, tailing, heard } = await setUp(TICKER, [snapshot(TICKER, 'e', 5)]);
    wire.ear?.status(TICKER, { ...LIVE, since: 1 });
    await settled();
    expect(wire.asked).toEqual([]);
    const gone: StreamStatus = { state: 'unavailable', reason: 'delisted', since: 2 };
    wire.found = { epoch: 'e', seq: 5, publications: [], recovered: true, status: gone };
    wire.ear?.status(TICKER, gone);
    await settled();
    expect(tailing.streamStatus(TICKER)).toEqual(gone);
    expect(heard.log).toEqual(['live', 'unavailable']);
  });

  describe('joined by somebody who has heard more elsewhere', () => {
    const since = { epoch: 'e2', seq: 7 };

    it('asks where an epoch stands that has not come here yet, and goes on from there', async () => {
      const { wire, tailing, heard } = await setUp(BOOK, [snapshot(BOOK, 'e1', 3)]);
      wire.stands([snapshot(BOOK, 'e2', 7)]);
      const { epoch, seq, publications } = await tailing.recover(BOOK, since);
      expect({ epoch, seq, publications: places(publications) }).toEqual({ epoch: 'e2', seq: 7, publications: [] });
      expect(heard.log).toEqual(['live', 'snapshot e2:7']);
      wire.say(delta(BOOK, 'e2', 1), delta(BOOK, 'e2', 8));
      expect(heard.log.slice(2)).toEqual(['delta e2:8']);
    });

    it('asks when nobody serves the stream as far as was heard here', async () => {
      const { wire, tailing, heard } = await setUp(BOOK);
      wire.stands([snapshot(BOOK, 'e2', 7)]);
      expect(await tailing.recover(BOOK, since)).toMatchObject({ epoch: 'e2', seq: 7, publications: [] });
      expect(heard.log).toEqual(['snapshot e2:7', 'live']);
    });

    it('says that nobody serves the stream when that is so', async () => {
      const { wire, tailing } = await setUp(BOOK);
      wire.asked.length = 0;
      expect(await tailing.recover(BOOK, since)).toEqual({ epoch: '', seq: 0, publications: [], recovered: false });
      expect(wire.asked).toEqual([`fetch ${BOOK}`]);
    });
  });

  describe('of a stream that nobody serves any more', () => {
    const nobody: Found = { epoch: '', seq: 0, publications: [], recovered: false, status: undefined };

    it('goes on exactly where it was when somebody serves it again', async () => {
      const { wire, tailing, heard } = await setUp(BOOK, [snapshot(BOOK, 'e', 1)]);
      wire.ear?.closed(BOOK);
      expect(tailing.streamStatus(BOOK)).toBeUndefined();
      wire.stands([delta(BOOK, 'e', 2), delta(BOOK, 'e', 3)], true);
      wire.say(delta(BOOK, 'e', 3));
      await settled();
      expect(heard.log).toEqual(['live', 'delta e:2', 'delta e:3', 'live']);
    });

    it('begins with a snapshot, once somebody has joined who has no state to go on from', async () => {
      const { wire, tailing, heard } = await setUp(BOOK, [snapshot(BOOK, 'e', 1)]);
      wire.ear?.closed(BOOK);
      expect(tailing.recover(BOOK)).toMatchObject({ epoch: '', publications: [] });
      wire.stands([snapshot(BOOK, 'e', 2), delta(BOOK, 'e', 3)]);
      wire.ear?.restored();
      await settled();
      expect(wire.asked).toEqual([`fetch ${BOOK}`]);
      expect(heard.log).toEqual(['live', 'snapshot e:3', 'live']);
    });

    it('begins with a snapshot for them also where others could go on with an update', async () => {
      const { wire, tailing, heard } = await setUp(TICKER, [snapshot(TICKER, 'e', 1)]);
      wire.ear?.closed(TICKER);
      expect(tailing.recover(TICKER)).toMatchObject({ epoch: '' });
      wire.meanwhile = () => {
        wire.stands([snapshot(TICKER, 'e', 1), publication(TICKER, 'e', 2)]);
        wire.meanwhile = () => undefined;
        wire.say(publication(TICKER, 'e', 2));
      };
      wire.ear?.restored();
      await settled();
      expect(heard.log).toEqual(['live', 'live', 'snapshot e:2']);
    });

    it('begins with a snapshot for them also when they have joined while it was asked', async () => {
      const { wire, tailing, heard } = await setUp(TICKER, [snapshot(TICKER, 'e', 1)]);
      const other = new ScriptedWire();
      other.stands([snapshot(TICKER, 'f', 6)]);
      for (let seq = 2; seq < 40; seq++) wire.say(delta(TICKER, 'e', seq));
      tailing.use(other, false);
      await settled();
      heard.log.length = 0;
      other.stands([publication(TICKER, 'e', 40)], true);
      other.meanwhile = () => {
        other.stands([snapshot(TICKER, 'e', 40)]);
        other.meanwhile = () => undefined;
        expect(tailing.recover(TICKER)).toMatchObject({ epoch: '' });
      };
      other.ear?.restored();
      await settled();
      tailing.vouch('futures');
      await settled();
      expect(heard.log).toEqual(['snapshot e:40']);
    });

    it('is not misled by what it said before, and comes late', async () => {
      const { wire, tailing, heard } = await setUp(BOOK, [snapshot(BOOK, 'e', 1)]);
      wire.found = nobody;
      wire.ear?.closed(BOOK);
      wire.say(snapshot(BOOK, 'e', 2));
      await settled();
      wire.say(snapshot(BOOK, 'd', 9), delta(BOOK, 'd', 10));
      await settled();
      expect(heard.log).toEqual(['live']);
      expect(tailing.recover(BOOK)).toMatchObject({ epoch: '' });
    });

    it('asks what is true when it is told a status', async () => {
      const { wire, tailing } = await setUp(BOOK, [snapshot(BOOK, 'e', 1)]);
      wire.found = nobody;
      wire.ear?.closed(BOOK);
      wire.ear?.status(BOOK, LIVE);
      await settled();
      expect(wire.asked).toEqual([`fetch ${BOOK} since e:1`]);
      expect(tailing.streamStatus(BOOK)).toBeUndefined();
    });

    it('asks again when it is closed while it asks', async () => {
      const { wire, tailing } = await setUp(BOOK, [snapshot(BOOK, 'e', 1)]);
      wire.found = { ...wire.found, publications: [], recovered: true };
      wire.meanwhile = () => {
        wire.found = nobody;
        wire.meanwhile = () => undefined;
        wire.ear?.closed(BOOK);
      };
      wire.ear?.restored();
      await settled();
      expect(tailing.recover(BOOK)).toMatchObject({ epoch: '' });
    });
  });

  it('waits for a broken wire, delivers what still comes in order, and goes on when it is whole', async () => {
    const { wire, tailing, heard } = await setUp(BOOK, [snapshot(BOOK, 'e', 1)]);
    wire.broken = true;
    wire.ear?.restored();
    await settled();
    wire.say(delta(BOOK, 'e', 2));
    const other = new Heard();
    tailing.subscribe(TICKER, other);
    const joined = tailing.recover(TICKER);
    await settled();
    wire.asked.length = 0;
    wire.broken = false;
    wire.stands([snapshot(TICKER, 'e', 4)]);
    wire.ear?.restored();
    expect(await joined).toMatchObject({ epoch: 'e', seq: 4 });
    expect(wire.asked).toContain(`listen ${TICKER}`);
    expect(wire.asked).not.toContain(`listen ${BOOK}`);
    expect(heard.log.slice(1, 2)).toEqual(['delta e:2']);
  });

  it('keeps no more than a bound of what comes while it asks, and asks again for what it dropped', async () => {
    const { wire, heard } = await setUp(BOOK, [snapshot(BOOK, 'e', 1)]);
    let answer: (found: Found) => void = () => undefined;
    const fetch = jest.spyOn(wire, 'fetch').mockImplementationOnce(() => new Promise((resolve) => (answer = resolve)));
    wire.ear?.restored();
    for (let seq = 2; seq < 2_000; seq++) wire.say(delta(BOOK, 'e', seq));
    wire.stands([snapshot(BOOK, 'e', 1_999)]);
    answer({ epoch: 'e', seq: 1, publications: [], recovered: true, status: LIVE });
    await settled();
    expect(heard.log.slice(1)).toEqual(['snapshot e:1999']);
    expect(fetch).toHaveBeenCalledTimes(2);
  });

  describe('gives joiners', () => {
    it('the newest whole state from memory, as a snapshot, and what followed it', async () => {
      const { wire, tailing } = await setUp(BOOK, [snapshot(BOOK, 'e', 1), delta(BOOK, 'e', 2)]);
      wire.say(delta(BOOK, 'e', 3));
      expect(tailing.recover(BOOK)).toMatchObject({ epoch: 'e', seq: 3, recovered: false });
      const { publications } = await tailing.recover(BOOK);
      expect(places(publications)).toEqual(['snapshot e:1', 'delta e:2', 'delta e:3']);
      wire.say(snapshot(BOOK, 'e', 4));
      expect(places((await tailing.recover(BOOK)).publications)).toEqual(['snapshot e:4']);
      expect(wire.asked).toEqual([]);
    });

    it('an update as a snapshot, made once', async () => {
      const { wire, tailing } = await setUp(TICKER, [snapshot(TICKER, 'e', 1)]);
      const body = Buffer.from(
        '{"stream":"mudrex.futures.ticker.AUSDT","type":"update","seq":2,"data":{"price":"1"},"source":"mudrex"}',
      );
      wire.say({ ...publication(TICKER, 'e', 2), body });
      const [first] = (await tailing.recover(TICKER)).publications;
      const [second] = (await tailing.recover(TICKER)).publications;
      expect(first?.body.toString()).toBe(
        '{"stream":"mudrex.futures.ticker.AUSDT","type":"snapshot","epoch":"e","seq":2,"data":{"price":"1"},"source":"mudrex"}',
      );
      expect(second).toBe(first);
    });

    it('one answer for all who ask when memory does not suffice, with what came while they waited', async () => {
      const { wire, tailing } = await setUp(BOOK, [snapshot(BOOK, 'e', 1)]);
      for (let seq = 2; seq < 30; seq++) wire.say(delta(BOOK, 'e', seq));
      wire.stands([snapshot(BOOK, 'e', 29)]);
      wire.meanwhile = () => wire.say(delta(BOOK, 'e', 30));
      const answers = await Promise.all([tailing.recover(BOOK), tailing.recover(BOOK)]);
      for (const { seq, publications } of answers) {
        expect(seq).toBe(30);
        expect(places(publications)).toEqual(['snapshot e:29', 'delta e:30']);
      }
      expect(wire.asked).toEqual([`fetch ${BOOK}`]);
      expect(tailing.recover(BOOK)).toMatchObject({ seq: 30 });
    });

    it('no answer that is ahead of what listeners have heard', async () => {
      const { wire, tailing, heard } = await setUp(BOOK, [snapshot(BOOK, 'e', 1)]);
      wire.say(delta(BOOK, 'e', 2), delta(BOOK, 'e', 3));
      wire.stands([delta(BOOK, 'e', 1), delta(BOOK, 'e', 2), delta(BOOK, 'e', 3), delta(BOOK, 'e', 4)], true);
      const { seq, recovered } = await tailing.recover(BOOK, { epoch: 'e', seq: 0 });
      expect({ seq, recovered }).toEqual({ seq: 4, recovered: true });
      wire.say(delta(BOOK, 'e', 4), delta(BOOK, 'e', 5));
      expect(heard.log.slice(1)).toEqual(['delta e:2', 'delta e:3', 'delta e:4', 'delta e:5']);
      expect(tailing.counters).toMatchObject({ duplicates: 0, repairs: 0 });
    });

    it('nothing of a log stream behind a place that cannot be resumed from: all of it is declared missing', async () => {
      const { wire, tailing } = await setUp(TRADES, [publication(TRADES, 'e', 50)]);
      wire.found = { epoch: 'e', seq: 50, publications: [], recovered: false, status: LIVE };
      wire.meanwhile = () => wire.say(publication(TRADES, 'e', 51));
      const found = await tailing.recover(TRADES, { epoch: 'e', seq: 3 });
      expect(found).toEqual({ epoch: 'e', seq: 51, publications: [], recovered: false });
    });

    it('an error when the place cannot be found out', async () => {
      const { wire, tailing } = await setUp(BOOK, [snapshot(BOOK, 'e', 1)]);
      for (let seq = 2; seq < 30; seq++) wire.say(delta(BOOK, 'e', seq));
      // An answer that is further behind than anything heard since.
      wire.stands([snapshot(BOOK, 'e', 5)]);
      await expect(tailing.recover(BOOK)).rejects.toThrow('where the stream stands could not be found out');
    });

    it('an answer without a place when the last listener leaves while they wait', async () => {
      const { wire, tailing } = await setUp(BOOK);
      const listener = new Heard();
      wire.broken = true;
      tailing.subscribe(TICKER, listener);
      const joined = tailing.recover(TICKER);
      tailing.unsubscribe(TICKER, listener);
      expect(await joined).toEqual({ epoch: '', seq: 0, publications: [], recovered: false });
      expect(wire.asked.at(-1)).toBe(`unlisten ${TICKER}`);
    });

    it('no state that the exchange has declared void', async () => {
      const { wire, tailing } = await setUp(BOOK, [snapshot(BOOK, 'e', 1)]);
      wire.ear?.status(BOOK, { state: 'resyncing', reason: 'update_gap', since: 6 });
      wire.found = { epoch: 'e', seq: 1, publications: [], recovered: false, status: LIVE };
      expect(await tailing.recover(BOOK)).toEqual({ epoch: 'e', seq: 1, publications: [], recovered: false });
    });
  });

  describe('after an exchange of wires', () => {
    it('hears only the new one, and the old one again when that is used again', async () => {
      const { wire, tailing, heard } = await setUp(BOOK, [snapshot(BOOK, 'e', 1)]);
      const other = new ScriptedWire();
      other.stands([snapshot(BOOK, 'f', 1)]);
      tailing.use(other, true);
      tailing.use(other, true);
      wire.say(delta(BOOK, 'e', 2));
      await settled();
      expect(wire.asked).toEqual([`unlisten ${BOOK}`]);
      wire.stands([snapshot(BOOK, 'e', 3)]);
      tailing.use(wire, true);
      await settled();
      wire.say(delta(BOOK, 'e', 4));
      other.say(delta(BOOK, 'f', 2));
      expect(heard.log.slice(1)).toEqual(['snapshot f:1', 'snapshot e:3', 'delta e:4']);
      expect(tailing.counters).toMatchObject({ holes: 0, repairs: 2, fetches: 3 });
    });

    /** On `f:7`, of which nobody is known to be alive who publishes it; before that, on `e:1`. */
    async function doubting(stream: string) {
      const { tailing, heard } = await setUp(stream, [snapshot(stream, 'e', 1)]);
      const other = new ScriptedWire();
      other.stands([snapshot(stream, 'f', 6), delta(stream, 'f', 7)]);
      tailing.use(other, false);
      await settled();
      heard.log.length = 0;
      return { tailing, heard, other };
    }

    it('stays where it is while nobody vouches for the state that it finds, also for those who join', async () => {
      const { tailing, heard } = await doubting(BOOK);
      expect(heard.log).toEqual([]);
      expect(places((await tailing.recover(BOOK)).publications)).toEqual(['snapshot e:1']);
      expect(places((await tailing.recover(BOOK, { epoch: 'f', seq: 6 })).publications)).toEqual(['snapshot e:1']);
      expect(await tailing.recover(BOOK, { epoch: 'e', seq: 1 })).toMatchObject({ seq: 1, publications: [], recovered: true });
      expect(heard.log).toEqual([]);
    });

    it('tells who joins that the stream stands nowhere when it does not have its state any more, and then gives it the newest', async () => {
      const { wire, tailing, heard } = await setUp(BOOK, [snapshot(BOOK, 'e', 1)]);
      for (let seq = 2; seq < 40; seq++) wire.say(delta(BOOK, 'e', seq));
      const other = new ScriptedWire();
      other.stands([snapshot(BOOK, 'f', 7)]);
      tailing.use(other, false);
      await settled();
      expect(await tailing.recover(BOOK)).toEqual({ epoch: '', seq: 0, publications: [], recovered: false });
      expect(await tailing.recover(BOOK, { epoch: 'e', seq: 2 })).toMatchObject({ epoch: '', recovered: false });
      tailing.vouch('futures');
      await settled();
      expect(heard.log.at(-1)).toBe('snapshot f:7');
    });

    it('does not take what comes late, and is not newer than what was found, for a sign of life', async () => {
      const { tailing, heard, other } = await doubting(BOOK);
      other.say(snapshot(BOOK, 'f', 7));
      await settled();
      expect(heard.log).toEqual([]);
      tailing.vouch('futures');
      await settled();
      expect(heard.log.filter((entry) => entry !== 'live')).toEqual(['snapshot f:7']);
    });

    it('gives who joined meanwhile a state, also when others had that number before', async () => {
      const { wire, tailing } = await setUp(BOOK, [snapshot(BOOK, 'e', 100)]);
      const own = new ScriptedWire();
      own.stands([snapshot(BOOK, 'x', 50)]);
      tailing.use(own, true);
      await settled();
      tailing.use(wire, false);
      await settled();
      expect(places((await tailing.recover(BOOK)).publications)).toEqual(['snapshot x:50']);
      tailing.vouch('futures');
      await settled();
      expect(places((await tailing.recover(BOOK)).publications)).toEqual(['snapshot e:100']);
    });

    it.each<[string, (tailing: Tailing, other: ScriptedWire) => void]>([
      ['somebody vouches for the market', (tailing) => tailing.vouch('futures')],
      ['the stream is said to be live', (_, other) => other.ear?.status(BOOK, { ...LIVE, since: 9 })],
    ])('goes on with one snapshot of the newest state when %s', async (_, vouch) => {
      const { tailing, heard, other } = await doubting(BOOK);
      tailing.vouch('spot');
      await settled();
      expect(heard.log).toEqual([]);
      vouch(tailing, other);
      await settled();
      other.say(delta(BOOK, 'f', 8));
      expect(heard.log.filter((entry) => entry !== 'live')).toEqual(['snapshot f:7', 'delta f:8']);
      expect(places((await tailing.recover(BOOK)).publications)).toEqual(['snapshot f:7', 'delta f:8']);
    });

    it('goes on with one snapshot of the newest state when the publisher is heard', async () => {
      const { heard, other } = await doubting(BOOK);
      other.stands([snapshot(BOOK, 'f', 6), delta(BOOK, 'f', 7), delta(BOOK, 'f', 8)]);
      other.say(delta(BOOK, 'f', 8));
      await settled();
      other.say(delta(BOOK, 'f', 9));
      expect(heard.log).toEqual(['snapshot f:8', 'delta f:9']);
    });

    it('takes a snapshot that the publisher says for what it is, without asking', async () => {
      const { heard, other } = await doubting(BOOK);
      const asked = other.asked.length;
      other.say(snapshot(BOOK, 'f', 8), delta(BOOK, 'f', 9));
      expect(heard.log).toEqual(['snapshot f:8', 'delta f:9']);
      expect(other.asked.length).toBe(asked);
    });

    it('tells that the stream is not live although it doubts its state', async () => {
      const { tailing } = await setUp(BOOK, [snapshot(BOOK, 'e', 1)]);
      const other = new ScriptedWire();
      other.stands([snapshot(BOOK, 'f', 7)], false, { state: 'unavailable', reason: 'symbol delisted', since: 9 });
      tailing.use(other, false);
      await settled();
      expect(tailing.streamStatus(BOOK)).toMatchObject({ state: 'unavailable' });
    });

    it('goes on at once over a wire that is vouched for when it is taken', async () => {
      const { tailing, heard } = await setUp(BOOK, [snapshot(BOOK, 'e', 1)]);
      const other = new ScriptedWire();
      other.stands([snapshot(BOOK, 'f', 6), delta(BOOK, 'f', 7)]);
      tailing.use(other, true);
      await settled();
      expect(heard.log.slice(1)).toEqual(['snapshot f:7']);
    });

    it('comes back to a number that it had delivered without delivering it twice, and gives it to those who join', async () => {
      const { wire, tailing, heard } = await setUp(BOOK, [snapshot(BOOK, 'e', 3)]);
      const other = new ScriptedWire();
      other.stands([snapshot(BOOK, 'f', 1)]);
      tailing.use(other, true);
      await settled();
      tailing.use(wire, true);
      await settled();
      expect(places((await tailing.recover(BOOK)).publications)).toEqual(['snapshot e:3']);
      wire.stands([snapshot(BOOK, 'e', 3), delta(BOOK, 'e', 4)]);
      wire.say(delta(BOOK, 'e', 4));
      await settled();
      wire.say(delta(BOOK, 'e', 5));
      expect(heard.log.slice(1)).toEqual(['snapshot f:1', 'snapshot e:4', 'delta e:5']);
    });

    it('knows the market statuses of the new one and no others', async () => {
      const { wire, tailing } = await setUp(BOOK);
      const told: MarketStatus[] = [];
      tailing.onMarketStatus((status) => told.push(status));
      wire.ear?.marketStatus(STALE);
      wire.ear?.marketStatus({ ...STALE, market: 'spot' });
      const other = new ScriptedWire();
      const live: MarketStatus = { market: 'futures', state: 'live', reason: '', since: 9 };
      other.markets = [live];
      tailing.use(other, true);
      wire.ear?.marketStatus({ ...STALE, since: 10 });
      await settled();
      expect(tailing.marketStatus('futures')).toEqual(live);
      expect(tailing.marketStatus('spot')).toBeUndefined();
      expect(told.map(({ market, state }) => `${market} ${state}`)).toEqual([
        'futures stale',
        'spot stale',
        'futures live',
        'spot live',
      ]);
    });

    it('takes a market status that it hears for newer than one that it has asked for', async () => {
      const { wire, tailing } = await setUp(BOOK);
      wire.markets = [STALE];
      wire.ear?.restored();
      wire.ear?.marketStatus({ market: 'futures', state: 'live', reason: '', since: 8 });
      await settled();
      expect(tailing.marketStatus('futures')?.state).toBe('live');
    });
  });

  it('gives who comes from another epoch one snapshot of the newest state: it may have been here before', async () => {
    const { wire, tailing } = await setUp(BOOK, [snapshot(BOOK, 'e', 3)]);
    wire.say(delta(BOOK, 'e', 4));
    wire.stands([snapshot(BOOK, 'e', 3), delta(BOOK, 'e', 4)]);
    expect(places((await tailing.recover(BOOK, { epoch: 'elsewhere', seq: 2 })).publications)).toEqual(['snapshot e:4']);
    expect(places((await tailing.recover(BOOK)).publications)).toEqual(['snapshot e:3', 'delta e:4']);
  });

  it('asks the publisher about a stream that nobody listens to here', async () => {
    const { wire, tailing } = await setUp(BOOK);
    wire.stands([snapshot(TICKER, 'e', 4)]);
    expect(await tailing.recover(TICKER)).toMatchObject({ epoch: 'e', seq: 4, recovered: false });
    expect(tailing.streamStatus(TICKER)).toBeUndefined();
  });
});

describe('LocalWire', () => {
  it('lets listeners hear during the call that publishes, once they are placed', async () => {
    const pubsub = new InProcessPubSub(4);
    const tailing = new Tailing(new LocalWire(pubsub), 'mudrex');
    tailing.start();
    const heard = new Heard();
    tailing.subscribe(TICKER, heard);
    expect([...pubsub.wanted()]).toEqual([TICKER]);
    await settled();
    pubsub.open(TICKER, 'e');
    pubsub.publish(snapshot(TICKER, 'e', 1), undefined);
    expect(heard.log).toEqual(['snapshot e:1']);
    pubsub.close(TICKER);
    expect(tailing.recover(TICKER)).toMatchObject({ epoch: '' });
    tailing.unsubscribe(TICKER, heard);
    expect([...pubsub.wanted()]).toEqual([]);
  });
});
