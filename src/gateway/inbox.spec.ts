import fc from 'fast-check';
import { settled } from '../../test/support/settled';
import { Inbox } from './inbox';

type Step = 'push' | 'finish' | 'turn';

describe('Inbox', () => {
  it('hands over one message at a time, in order, and reads no further while many wait', async () => {
    const steps = fc.array(fc.constantFrom<Step>('push', 'push', 'finish', 'turn'), { maxLength: 200, size: 'max' });
    let pauses = 0;
    await fc.assert(
      fc.asyncProperty(steps, fc.integer({ min: 1, max: 4 }), async (all, pauseAt) => {
        const begun: number[] = [];
        const running: (() => void)[] = [];
        let paused = false;
        const inbox = new Inbox<number>(
          {
            handle: (message) => {
              begun.push(message);
              return new Promise((resolve) => running.push(resolve));
            },
            pause: () => {
              expect(paused).toBe(false);
              paused = true;
              pauses++;
            },
            resume: () => {
              expect(paused).toBe(true);
              paused = false;
            },
          },
          pauseAt,
        );
        let pushed = 0;
        let finished = 0;
        const look = async () => {
          await settled();
          expect(begun).toEqual(Array.from({ length: Math.min(pushed, finished + 1) }, (_, i) => i));
          const waiting = Math.max(0, pushed - finished - 1);
          if (waiting >= pauseAt) expect(paused).toBe(true);
          if (waiting === 0 && finished === pushed) expect(paused).toBe(false);
        };
        for (const step of all) {
          if (step === 'push') inbox.push(pushed++);
          else if (step === 'turn') await look();
          else {
            await settled();
            const finish = running.shift();
            if (finish) finished++;
            finish?.();
          }
        }
        while (finished < pushed) {
          await look();
          running.shift()?.();
          finished++;
        }
        await look();
      }),
    );
    expect(pauses).toBeGreaterThan(0);
  });

  it('forgets what waits when it is closed, and takes no more', async () => {
    const begun: string[] = [];
    let finish: () => void = () => undefined;
    const inbox = new Inbox<string>({
      handle: (message) => {
        begun.push(message);
        return new Promise((resolve) => (finish = resolve));
      },
      pause: () => undefined,
      resume: () => undefined,
    });
    inbox.push('first');
    inbox.push('second');
    inbox.close();
    inbox.push('third');
    finish();
    await settled();
    expect(begun).toEqual(['first']);
  });

  it('takes an empty message for a message', async () => {
    const begun: string[] = [];
    const inbox = new Inbox<string>({
      handle: (message) => {
        begun.push(message);
        return Promise.resolve();
      },
      pause: () => undefined,
      resume: () => undefined,
    });
    inbox.push('');
    inbox.push('next');
    await settled();
    expect(begun).toEqual(['', 'next']);
  });
});
