import fc from 'fast-check';
import { ConfirmWindow } from './confirm-window';

const steps = fc.array(
  fc.oneof(
    { weight: 4, arbitrary: fc.constant({ do: 'send' as const }) },
    { weight: 3, arbitrary: fc.record({ do: fc.constant('settle' as const), at: fc.nat(20), multiple: fc.boolean() }) },
    { weight: 1, arbitrary: fc.constant({ do: 'lose' as const }) },
  ),
  { maxLength: 200, size: 'max' },
);

describe('ConfirmWindow', () => {
  it('settles each message once, in order, and gives back the rest, as a plain list does', () => {
    fc.assert(
      fc.property(steps, (all) => {
        const window = new ConfirmWindow<{ id: number }>({ messages: 6, bytes: 1000 }, ({ id }) => id % 400);
        let naive: { tag: number; message: { id: number } }[] = [];
        let tag = 0;
        let id = 0;
        for (const step of all) {
          const bytes = naive.reduce((sum, { message }) => sum + (message.id % 400), 0);
          expect([window.size, window.full]).toEqual([naive.length, naive.length >= 6 || bytes >= 1000]);
          if (step.do === 'send') {
            const message = { id: (id += 97) };
            window.add(message);
            naive.push({ tag: ++tag, message });
          } else if (step.do === 'settle') {
            const isSettled = (one: { tag: number }) => (step.multiple ? one.tag <= step.at : one.tag === step.at);
            expect(window.settle(step.at, step.multiple)).toEqual(naive.filter(isSettled).map(({ message }) => message));
            naive = naive.filter((one) => !isSettled(one));
          } else {
            expect(window.clear()).toEqual(naive.map(({ message }) => message));
            naive = [];
            tag = 0;
          }
        }
      }),
    );
  });
});
