import fc from 'fast-check';
import { publication } from '../../test/support/publications';
import { History } from './history';
import type { Publication } from './publication';

describe('History', () => {
  it('answers as a plain list of everything would, cut to its size', () => {
    fc.assert(
      fc.property(fc.nat(8), fc.nat(30), fc.integer({ min: -2, max: 34 }), (size, length, seq) => {
        const history = new History(size);
        const all: Publication[] = [];
        for (let n = 1; n <= length; n++) {
          const step = publication('futures.ticker.AUSDT', 'e', n);
          all.push(step);
          history.add(step);
        }
        const missed = all.filter((step) => step.seq > seq);
        const kept = all.slice(Math.max(0, all.length - size));
        const whole = seq >= 0 && seq <= length && missed.every((step) => kept.includes(step));
        expect(history.after(seq, length)).toEqual(whole ? missed : undefined);
      }),
      { numRuns: 1000 },
    );
  });
});
