import type { Publication, Recovery } from '../../src/pubsub/publication';
import type { PubSub, StreamListener } from '../../src/pubsub/pubsub';
import type { MarketStatus, StreamStatus } from '../../src/pubsub/status';
import { eventually } from '../support/eventually';
import { publication, snapshotAt } from '../support/publications';

/** An adapter with room for {@link HISTORY} publications per stream, and how to end it. */
export interface StartedPubSub {
  readonly pubsub: PubSub;
  stop(): Promise<void>;
}

/** Publications that the adapter under test keeps per stream. */
export const HISTORY = 4;

const A = 'futures.ticker.AUSDT';
const B = 'futures.ticker.BUSDT';
const LOG = 'futures.trade.AUSDT';

/** Keeps what a listener hears; a test waits for what it expects, because a network may stand in between. */
class Heard implements StreamListener {
  readonly publications: Publication[] = [];
  readonly statuses: StreamStatus[] = [];
  private wake: () => void = () => undefined;

  publication(publication: Publication): void {
    this.publications.push(publication);
    this.wake();
  }

  status(status: StreamStatus): void {
    this.statuses.push(status);
    this.wake();
  }

  get places(): string[] {
    return this.publications.map(place);
  }

  /** Resolves when publication `epoch:seq` has been heard. */
  async until(last: string): Promise<string[]> {
    while (!this.places.includes(last)) await new Promise<void>((resolve) => (this.wake = resolve));
    return this.places;
  }

  async untilStatus(state: StreamStatus['state']): Promise<void> {
    while (!this.statuses.some((status) => status.state === state)) await new Promise<void>((resolve) => (this.wake = resolve));
  }
}

function place({ epoch, seq, type }: Pick<Publication, 'epoch' | 'seq' | 'type'>): string {
  return type === 'snapshot' ? `snapshot ${epoch}:${seq}` : `${epoch}:${seq}`;
}

/** Expects a recovery to be the newest state: a snapshot, and what followed it. */
function expectNewestState({ epoch, seq, publications, recovered }: Recovery, at: string): void {
  expect({ at: `${epoch}:${seq}`, recovered }).toEqual({ at, recovered: false });
  const [snapshot, ...following] = publications;
  expect(snapshot?.type).toBe('snapshot');
  const from = snapshot?.seq ?? 0;
  expect(from + following.length).toBe(seq);
  expect(publications.map(place)).toEqual(
    publications.map((_, i) => (i === 0 ? `snapshot ${epoch}:${from}` : `${epoch}:${from + i}`)),
  );
}

/** What every adapter of the PubSub port must do. */
export function describePubSub(name: string, start: () => Promise<StartedPubSub>): void {
  describe(`${name}, as a PubSub`, () => {
    let started: StartedPubSub;
    let pubsub: PubSub;

    beforeEach(async () => {
      started = await start();
      pubsub = started.pubsub;
    });
    afterEach(() => started.stop());

    function publish(stream: string, epoch: string, from: number, to = from): void {
      for (let seq = from; seq <= to; seq++) {
        const step = publication(stream, epoch, seq);
        pubsub.publish(step, snapshotAt(step));
      }
    }

    /** Resolves when the stream is known to stand at this place. */
    async function standsAt(stream: string, epoch: string, seq: number): Promise<void> {
      await eventually(async () => {
        const now = await pubsub.recover(stream);
        return now.epoch === epoch && now.seq === seq;
      });
    }

    /** Resolves when the listener hears everything published from now on. */
    async function listen(stream: string, ...listeners: StreamListener[]): Promise<void> {
      for (const listener of listeners) pubsub.subscribe(stream, listener);
      await pubsub.recover(stream);
    }

    function recovered({ epoch, seq, publications, recovered: exactly }: Recovery): object {
      return { at: `${epoch}:${seq}`, publications: publications.map(place), recovered: exactly };
    }

    describe('demand', () => {
      it('begins with the first listener of a stream and ends with its last', async () => {
        const changes: string[] = [];
        pubsub.onDemand((stream, wanted) => changes.push(`${wanted ? 'wanted' : 'unwanted'} ${stream}`));
        const first = new Heard();
        const second = new Heard();
        pubsub.subscribe(A, first);
        pubsub.subscribe(A, second);
        await eventually(() => changes.length === 1);
        pubsub.subscribe(B, first);
        await eventually(() => changes.length === 2);
        pubsub.unsubscribe(A, first);
        pubsub.unsubscribe(A, second);
        await eventually(() => changes.length === 3);
        expect(changes).toEqual([`wanted ${A}`, `wanted ${B}`, `unwanted ${A}`]);
      });

      it('is listed', async () => {
        pubsub.subscribe(A, new Heard());
        pubsub.subscribe(B, new Heard());
        await eventually(() => [...pubsub.wanted()].length === 2);
        expect([...pubsub.wanted()].sort()).toEqual([A, B]);
      });

      it('does not end when a listener leaves that never came, or comes twice and leaves once too often', async () => {
        const listener = new Heard();
        pubsub.subscribe(A, listener);
        pubsub.subscribe(A, listener);
        pubsub.unsubscribe(A, new Heard());
        pubsub.unsubscribe(B, listener);
        await eventually(() => [...pubsub.wanted()].length === 1);
        expect([...pubsub.wanted()]).toEqual([A]);
        pubsub.unsubscribe(A, listener);
        pubsub.unsubscribe(A, listener);
        await eventually(() => [...pubsub.wanted()].length === 0);
        expect(pubsub.counts()).toEqual({ channels: 0, listeners: 0 });
      });

      it('is counted by stream and by listener', () => {
        const listener = new Heard();
        pubsub.subscribe(A, listener);
        pubsub.subscribe(A, new Heard());
        pubsub.subscribe(B, listener);
        expect(pubsub.counts()).toEqual({ channels: 2, listeners: 3 });
      });
    });

    describe('delivery', () => {
      it('reaches every listener of the stream, in order, byte for byte, and nobody else', async () => {
        const [first, second, other] = [new Heard(), new Heard(), new Heard()];
        await listen(A, first, second);
        await listen(B, other);
        pubsub.open(A, 'e1');
        pubsub.open(B, 'e2');
        publish(A, 'e1', 1, 20);
        publish(B, 'e2', 1);
        await other.until('e2:1');
        const expected = Array.from({ length: 20 }, (_, i) => `e1:${i + 1}`);
        expect(await first.until('e1:20')).toEqual(expected);
        expect(await second.until('e1:20')).toEqual(expected);
        expect(other.places).toEqual(['e2:1']);
        expect(first.publications[4]).toEqual(publication(A, 'e1', 5));
      });

      it('carries every field of a publication, for every type', async () => {
        const listener = new Heard();
        await listen(A, listener);
        pubsub.open(A, 'e1');
        const sent: Publication[] = [
          { ...publication(A, 'e1', 1, 'snapshot'), closed: true },
          publication(A, 'e1', 2, 'delta'),
          { ...publication(A, 'e1', 3, 'gap'), market: 'spot', kind: 'trade', body: Buffer.from('{"é":"\\u0000"}') },
        ];
        for (const step of sent) pubsub.publish(step, undefined);
        await listener.until('e1:3');
        expect(listener.publications).toEqual(sent);
      });

      it('ends for a listener that has left and goes on for the others', async () => {
        const [leaving, staying] = [new Heard(), new Heard()];
        await listen(A, leaving, staying);
        pubsub.open(A, 'e1');
        publish(A, 'e1', 1);
        await leaving.until('e1:1');
        pubsub.unsubscribe(A, leaving);
        publish(A, 'e1', 2);
        await staying.until('e1:2');
        expect(leaving.places).toEqual(['e1:1']);
      });

      it('does not happen for an epoch that is not the open one', async () => {
        const listener = new Heard();
        await listen(A, listener);
        pubsub.open(A, 'e1');
        publish(A, 'e1', 1);
        pubsub.close(A);
        publish(A, 'e1', 2);
        pubsub.open(A, 'e2');
        publish(A, 'e1', 3);
        publish(A, 'e2', 1);
        expect(await listener.until('e2:1')).toEqual(['e1:1', 'e2:1']);
      });
    });

    describe.each([
      ['with nobody listening', false],
      ['while somebody listens', true],
    ])('recovery, %s,', (_, listened) => {
      beforeEach(async () => {
        if (listened) await Promise.all([listen(A, new Heard()), listen(LOG, new Heard())]);
      });

      it('of a stream that nobody has opened stands nowhere', async () => {
        expect(await pubsub.recover(A)).toEqual({ epoch: '', seq: 0, publications: [], recovered: false });
      });

      it('of a stream without a message stands before the first one', async () => {
        pubsub.open(A, 'e1');
        await standsAt(A, 'e1', 0);
        expect(recovered(await pubsub.recover(A))).toEqual({ at: 'e1:0', publications: [], recovered: false });
      });

      it('without a place to resume from is the newest snapshot and what followed it', async () => {
        pubsub.open(A, 'e1');
        publish(A, 'e1', 1, 3);
        await standsAt(A, 'e1', 3);
        expectNewestState(await pubsub.recover(A), 'e1:3');
      });

      it('of a log stream is only its place', async () => {
        pubsub.open(LOG, 'e1');
        pubsub.publish(publication(LOG, 'e1', 1), undefined);
        await standsAt(LOG, 'e1', 1);
        expect(recovered(await pubsub.recover(LOG))).toEqual({ at: 'e1:1', publications: [], recovered: false });
      });

      it.each([
        ['nothing when nothing was missed', 9, []],
        ['exactly what was missed', 7, ['e1:8', 'e1:9']],
        ['all that is kept, when that reaches back just far enough', 9 - HISTORY, ['e1:6', 'e1:7', 'e1:8', 'e1:9']],
      ])('from a place brings %s', async (__, seq, expected) => {
        pubsub.open(A, 'e1');
        publish(A, 'e1', 1, 9);
        await standsAt(A, 'e1', 9);
        const found = await pubsub.recover(A, { epoch: 'e1', seq });
        expect(recovered(found)).toEqual({ at: 'e1:9', publications: expected, recovered: true });
      });

      it.each([
        ['one message further back than is kept', { epoch: 'e1', seq: 8 - HISTORY }],
        ['of another epoch', { epoch: 'e0', seq: 9 }],
        ['that has not come yet', { epoch: 'e1', seq: 10 }],
      ])('from a place %s is a snapshot and says so', async (__, since) => {
        pubsub.open(A, 'e1');
        publish(A, 'e1', 1, 9);
        await standsAt(A, 'e1', 9);
        expectNewestState(await pubsub.recover(A, since), 'e1:9');
      });

      it('from before the first message brings all while all is kept', async () => {
        pubsub.open(A, 'e1');
        publish(A, 'e1', 1, 2);
        await standsAt(A, 'e1', 2);
        const found = await pubsub.recover(A, { epoch: 'e1', seq: 0 });
        expect(recovered(found)).toEqual({ at: 'e1:2', publications: ['e1:1', 'e1:2'], recovered: true });
      });

      it('joins what is heard live without a gap, while messages are published', async () => {
        const listener = new Heard();
        pubsub.open(A, 'e1');
        publish(A, 'e1', 1, 3);
        await standsAt(A, 'e1', 3);
        pubsub.subscribe(A, listener);
        const asked = pubsub.recover(A);
        publish(A, 'e1', 4, 8);
        const found = await asked;
        const { seq } = found;
        expectNewestState(found, `e1:${seq}`);
        if (seq < 8) await listener.until('e1:8');
        const newer = listener.publications.filter((step) => step.seq > seq).map(place);
        expect(newer).toEqual(Array.from({ length: 8 - seq }, (_, i) => `e1:${seq + 1 + i}`));
      });

      it('brings no state that is void, and the new one as soon as there is one', async () => {
        pubsub.open(A, 'e1');
        let whole: Publication | undefined;
        const publishNext = (seq: number) => {
          const step = publication(A, 'e1', seq);
          whole = publication(A, 'e1', seq, 'snapshot');
          pubsub.publish(step, () => whole);
        };
        for (let seq = 1; seq <= HISTORY + 1; seq++) publishNext(seq);
        await standsAt(A, 'e1', HISTORY + 1);
        whole = undefined;
        pubsub.setStreamStatus(A, { state: 'resyncing', reason: 'crossed_book', since: 1 });
        await eventually(async () => (await pubsub.recover(A)).publications.length === 0);
        const at = `e1:${HISTORY + 1}`;
        expect(recovered(await pubsub.recover(A))).toEqual({ at, publications: [], recovered: false });
        expect(recovered(await pubsub.recover(A, { epoch: 'e1', seq: 0 }))).toEqual({ at, publications: [], recovered: false });
        publishNext(HISTORY + 2);
        await standsAt(A, 'e1', HISTORY + 2);
        expectNewestState(await pubsub.recover(A), `e1:${HISTORY + 2}`);
      });

      it('knows nothing of an epoch that was closed', async () => {
        pubsub.open(A, 'e1');
        publish(A, 'e1', 1, 3);
        await standsAt(A, 'e1', 3);
        pubsub.close(A);
        await standsAt(A, '', 0);
        expect(await pubsub.recover(A, { epoch: 'e1', seq: 3 })).toEqual({
          epoch: '',
          seq: 0,
          publications: [],
          recovered: false,
        });
        pubsub.open(A, 'e2');
        publish(A, 'e2', 1);
        await standsAt(A, 'e2', 1);
        expectNewestState(await pubsub.recover(A, { epoch: 'e1', seq: 1 }), 'e2:1');
      });

      it('begins anew when a stream is opened again without a close', async () => {
        pubsub.open(A, 'e1');
        publish(A, 'e1', 1, 3);
        pubsub.open(A, 'e2');
        await standsAt(A, 'e2', 0);
        expect(recovered(await pubsub.recover(A))).toEqual({ at: 'e2:0', publications: [], recovered: false });
      });
    });

    describe('status', () => {
      const live: StreamStatus = { state: 'live', reason: '', since: 5 };
      const stale: MarketStatus = { market: 'futures', state: 'stale', reason: 'upstream disconnected', since: 7 };

      it('of a stream is told to its listeners and remembered for those to come', async () => {
        const [listener, other] = [new Heard(), new Heard()];
        await listen(A, listener);
        await listen(B, other);
        expect(pubsub.streamStatus(A)).toBeUndefined();
        pubsub.open(A, 'e1');
        pubsub.setStreamStatus(A, live);
        await listener.untilStatus('live');
        expect(listener.statuses).toEqual([live]);
        expect(pubsub.streamStatus(A)).toEqual(live);
        expect(other.statuses).toEqual([]);
      });

      it('of a stream keeps its place among the messages', async () => {
        const order: string[] = [];
        let done: () => void = () => undefined;
        const all = new Promise<void>((resolve) => (done = resolve));
        await listen(A, {
          publication: ({ seq }) => order.push(String(seq)),
          status: ({ state }) => {
            order.push(state);
            if (state === 'resyncing') done();
          },
        });
        pubsub.open(A, 'e1');
        pubsub.setStreamStatus(A, live);
        publish(A, 'e1', 1);
        pubsub.setStreamStatus(A, { ...live, state: 'resyncing' });
        await all;
        expect(order).toEqual(['live', '1', 'resyncing']);
      });

      it('of a stream is forgotten when it is closed', async () => {
        await listen(A, new Heard());
        pubsub.open(A, 'e1');
        pubsub.setStreamStatus(A, live);
        await eventually(() => pubsub.streamStatus(A) !== undefined);
        pubsub.close(A);
        await eventually(() => pubsub.streamStatus(A) === undefined);
        pubsub.open(A, 'e2');
        expect(pubsub.streamStatus(A)).toBeUndefined();
      });

      it('of a market is told and remembered, and concerns no other market', async () => {
        const told: MarketStatus[] = [];
        pubsub.onMarketStatus((status) => told.push(status));
        pubsub.setMarketStatus(stale);
        await eventually(() => told.length === 1);
        expect(told).toEqual([stale]);
        expect(pubsub.marketStatus('futures')).toEqual(stale);
        expect(pubsub.marketStatus('spot')).toBeUndefined();
        const back: MarketStatus = { market: 'futures', state: 'live', reason: '', since: 9 };
        pubsub.setMarketStatus(back);
        await eventually(() => told.length === 2);
        expect(told).toEqual([stale, back]);
      });
    });

    it('is healthy while its path is whole', () => {
      expect(pubsub.healthy()).toBe(true);
    });
  });
}
