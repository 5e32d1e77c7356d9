import { ManualClock } from '../../test/support/manual-clock';
import { settled } from '../../test/support/settled';
import { Calls, type Handlers } from './calls';

/** Two processes that talk through JSON. */
function pair(handlers: Handlers) {
  const clock = new ManualClock();
  const sent: object[] = [];
  const here: Calls = new Calls(clock, (message) => there.receive(copy(message)), {});
  const there: Calls = new Calls(
    clock,
    (message) => {
      sent.push(message);
      here.receive(copy(message));
    },
    handlers,
  );
  return { clock, here, there, sent };
}

function copy(message: object): unknown {
  return JSON.parse(JSON.stringify(message));
}

describe('Calls', () => {
  it('brings each answer to its question, whatever order they come in', async () => {
    const waiting: ((text: string) => void)[] = [];
    const { here } = pair({ first: () => new Promise((resolve) => waiting.push(resolve)), second: (n: number) => n + 1 });
    const first = here.ask('first', null, 1000);
    expect(await here.ask('second', 41, 1000)).toBe(42);
    waiting[0]?.('late');
    expect(await first).toBe('late');
  });

  it('answers with nothing what is not ready to be told', async () => {
    const { here } = pair({ figures: () => undefined });
    expect(await here.ask('figures', null, 1000)).toBeUndefined();
    expect(await here.ask('never heard of', null, 1000)).toBeUndefined();
  });

  it('gives up on a question after its time, and ignores an answer that comes then', async () => {
    let answer: (text: string) => void = () => undefined;
    const { here, clock } = pair({ slow: () => new Promise((resolve) => (answer = resolve)) });
    const asked = here.ask('slow', null, 1000);
    clock.advance(1000);
    await expect(asked).rejects.toThrow('no answer within 1000 ms');
    answer('too late');
    await settled();
  });

  it('does not carry the words of an error to the other side', async () => {
    const { here, sent } = pair({
      broken: () => {
        throw new Error('secret');
      },
    });
    await expect(here.ask('broken', null, 1000)).rejects.toThrow('the other process could not answer');
    expect(JSON.stringify(sent)).not.toContain('secret');
  });

  it('fails everything once the other process is gone', async () => {
    const { here } = pair({ never: () => new Promise(() => undefined) });
    const asked = here.ask('never', null, 1000);
    here.close();
    await expect(asked).rejects.toThrow('gone');
    await expect(here.ask('never', null, 1000)).rejects.toThrow('gone');
    here.tell('never');
  });

  it('does not answer what is only told', async () => {
    const heard: unknown[] = [];
    const { here, sent } = pair({ note: (text: string) => heard.push(text) });
    here.tell('note', 'x');
    await settled();
    expect([heard, sent]).toEqual([['x'], []]);
  });
});
