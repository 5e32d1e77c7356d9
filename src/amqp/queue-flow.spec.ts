import fc from 'fast-check';
import { FLOW_WINDOW_MS, QueueFlow } from './queue-flow';

const looks = fc.array(
  fc.record({
    after: fc.oneof(fc.integer({ min: 1, max: 90_000 }), fc.constantFrom(5000, 100_000, 150_000, 300_000)),
    published: fc.nat(5000),
    messages: fc.nat(5000),
  }),
  { minLength: 1, maxLength: 60, size: 'max' },
);

describe('QueueFlow', () => {
  it('compares the newest look with the newest one that is a window old, or with the first', () => {
    fc.assert(
      fc.property(looks, (all) => {
        const flow = new QueueFlow();
        const naive: { at: number; published: number; messages: number }[] = [];
        let at = 0;
        let published = 0;
        for (const look of all) {
          at += look.after;
          published += look.published;
          flow.sample(at, published, look.messages);
          naive.push({ at, published, messages: look.messages });
          const first = naive.findLast((one) => one.at <= at - FLOW_WINDOW_MS) ?? naive[0];
          if (!first) throw new Error('there is a first one');
          const seconds = (at - first.at) / 1000;
          const came = published - first.published;
          const left = Math.max(0, came - (look.messages - first.messages));
          expect([flow.whole, flow.published, flow.consumed]).toEqual([seconds >= 300, came, left]);
          expect(flow.publishRate).toBeCloseTo(seconds === 0 ? 0 : came / seconds);
          expect(flow.consumeRate).toBeCloseTo(seconds === 0 ? 0 : left / seconds);
        }
      }),
    );
  });
});
