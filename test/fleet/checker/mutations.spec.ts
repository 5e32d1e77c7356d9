import fc from 'fast-check';
import type { ClientLog, Entry, Frame, Position } from './client-log';
import { Reference } from './reference';
import { verdictOf } from './verdict';

const TRADE = 'mudrex.futures.trade.BTCUSDT';
const EPOCH = 'e1';

interface Visit {
  /** How many messages after the client left it comes back. */
  readonly away: number;
  readonly stays: number;
}

const frameOf = (seq: number): Frame => ({ stream: TRADE, type: 'update', seq, data: [{ id: `t${seq}` }], timestamp: seq });

/** What a client of a faultless fleet logs: it joins somewhere, leaves, resumes, and history reaches back 10 messages. */
function faultless(client: string, start: number, visits: readonly Visit[]): ClientLog {
  const entries: Entry[] = [];
  let at = start;
  let stands: Position | undefined;
  for (const { away, stays } of visits) {
    const newest = at + (stands ? away : 0);
    const recovered = stands && away <= 10;
    entries.push({ kind: 'opened', at, where: 'x', resume: stands ? { [TRADE]: stands } : {} });
    const reply = { arg: TRADE, stream: TRADE, epoch: EPOCH, seq: newest, ...(stands && { recovered }) };
    entries.push({ kind: 'frame', at, frame: { op: 'subscribe', streams: [reply] } });
    if (stands && !recovered) {
      const notice = { op: 'gap', stream: TRADE, epoch: EPOCH, from: at + 1, to: newest, reason: 'history_exceeded' };
      entries.push({ kind: 'frame', at, frame: notice });
    }
    if (!recovered) at = newest;
    const last = newest + stays;
    while (at < last) entries.push({ kind: 'frame', at, frame: frameOf(++at) });
    entries.push({ kind: 'closed', at, code: 1006, reason: '' });
    stands = { epoch: EPOCH, seq: at };
  }
  return { client, entries };
}

function reference(): Reference {
  const truth = new Reference();
  for (let i = 1; i <= 2_000; i++) truth.frame('futures', { topic: 'publicTrade.BTCUSDT', data: [{ i: `t${i}` }] });
  return truth;
}

const isData = (entry: Entry): entry is Entry & { kind: 'frame' } => entry.kind === 'frame' && entry.frame.op === undefined;

/** What may go wrong with the message at `index`; each of these must be found. */
const spoil: Readonly<Record<string, (entries: Entry[], index: number) => void>> = {
  lost: (entries, index) => entries.splice(index, 1),
  twice: (entries, index) => entries.splice(index, 0, entries[index] as Entry),
  swapped: (entries, index) => entries.splice(index, 2, entries[index + 1] as Entry, entries[index] as Entry),
  renumbered: (entries, index) => {
    for (const [i, entry] of entries.entries()) {
      if (i < index || !isData(entry)) continue;
      entries[i] = { ...entry, frame: { ...entry.frame, seq: (entry.frame.seq ?? 0) - 1 } };
    }
    entries.splice(index, 1);
  },
  altered: (entries, index) => {
    const entry = entries[index] as Entry & { kind: 'frame' };
    entries[index] = { ...entry, frame: { ...entry.frame, data: [{ id: 'another' }] } };
  },
};

describe('verdictOf, of random clients', () => {
  const visits = fc.array(fc.record({ away: fc.integer({ min: 0, max: 20 }), stays: fc.integer({ min: 3, max: 20 }) }), {
    minLength: 1,
    maxLength: 6,
  });
  const truth = reference();

  it('finds nothing in faultless logs', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(50), visits), { minLength: 1, maxLength: 4 }), (clients) => {
        const logs = clients.map(([start, path], i) => faultless(`c${i}`, start, path));
        expect(verdictOf(logs, truth).violations).toEqual([]);
      }),
    );
  });

  it.each(Object.keys(spoil))('finds one message that is %s', (how) => {
    fc.assert(
      fc.property(fc.nat(50), visits, fc.nat(), (start, path, pick) => {
        const witness = faultless('witness', 0, [{ away: 0, stays: 300 }]);
        const { entries } = faultless('spoilt', start, path);
        // Between two messages of one visit, so that what is lost is missed by whoever comes after it.
        const places = [...entries.keys()].filter((i) =>
          [i - 1, i, i + 1].every((j) => isData(entries[j] ?? { kind: 'closed', at: 0, code: 0, reason: '' })),
        );
        const spoilt = [...entries];
        spoil[how]?.(spoilt, places[pick % places.length] as number);
        expect(verdictOf([witness, { client: 'spoilt', entries: spoilt }], truth).violations).not.toEqual([]);
      }),
    );
  });
});
