import fc from 'fast-check';
import { outgoing } from '../../test/support/outgoing-events';
import { bytesOf, Ring } from './ring';
import type { OutgoingEvent } from './broker';

type Step = { do: 'push'; size: number } | { do: 'shift' } | { do: 'give back'; count: number };

const steps = fc.array(
  fc.oneof(
    { weight: 5, arbitrary: fc.record({ do: fc.constant('push' as const), size: fc.nat(3000) }) },
    { weight: 3, arbitrary: fc.record({ do: fc.constant('shift' as const) }) },
    { weight: 1, arbitrary: fc.record({ do: fc.constant('give back' as const), count: fc.nat(6) }) },
  ),
  { maxLength: 200, size: 'max' },
);

describe('Ring', () => {
  it('is a list that forgets and counts its oldest while it is too long or too heavy', () => {
    fc.assert(
      fc.property(steps, fc.integer({ min: 1, max: 12 }), fc.integer({ min: 600, max: 12_000 }), (all: Step[], events, bytes) => {
        const ring = new Ring({ events, bytes });
        let naive: OutgoingEvent[] = [];
        let taken: OutgoingEvent[] = [];
        let dropped = 0;
        let seq = 0;
        const trim = () => {
          while (naive.length > events || naive.reduce((sum, event) => sum + bytesOf(event), 0) > bytes) {
            naive.shift();
            dropped++;
          }
        };
        for (const step of all) {
          if (step.do === 'push') {
            const event = outgoing(++seq, { body: Buffer.alloc(step.size) });
            ring.push(event);
            naive.push(event);
            trim();
          } else if (step.do === 'shift') {
            const event = naive.shift();
            expect(ring.shift()).toBe(event);
            if (event) taken.push(event);
          } else {
            const back = taken.slice(-step.count || taken.length);
            taken = taken.slice(0, taken.length - back.length);
            ring.giveBack(back);
            naive = [...back, ...naive];
            trim();
          }
          expect([ring.length, ring.dropped, ring.first]).toEqual([naive.length, dropped, naive[0]]);
        }
        while (naive.length > 0) expect(ring.shift()).toBe(naive.shift());
        expect(ring.shift()).toBeUndefined();
      }),
    );
  });

  it('goes through more events than it has places', () => {
    const ring = new Ring({ events: 5000, bytes: 1e9 });
    const taken: unknown[] = [];
    for (let seq = 1; seq <= 20_000; seq++) {
      ring.push(outgoing(seq));
      if (seq % 2 === 0) taken.push(ring.shift()?.traceId, ring.shift()?.traceId);
    }
    expect(taken).toEqual(Array.from({ length: 20_000 }, (_, i) => outgoing(i + 1).traceId));
  });
});
