import { ManualClock } from '../../test/support/manual-clock';
import { settled } from '../../test/support/settled';
import { Supervised } from './supervised';

class Life {
  stops = 0;
  end: (how: string) => void = () => undefined;
  readonly ended = new Promise<string>((resolve) => (this.end = resolve));

  constructor(readonly pid: number) {}

  stop(): Promise<void> {
    this.stops++;
    this.end('with exit code 0');
    return Promise.resolve();
  }
}

describe('Supervised', () => {
  let lives: Life[];
  let clock: ManualClock;
  let printed: string[];
  let supervised: Supervised<Life>;

  beforeEach(() => {
    lives = [new Life(1)];
    clock = new ManualClock();
    printed = [];
    const start = (): Promise<Life> => {
      const life = new Life(lives.length + 1);
      lives.push(life);
      return Promise.resolve(life);
    };
    supervised = new Supervised(lives[0] as Life, { name: 'it', clock, start, print: (line) => printed.push(line) });
  });

  it('starts again what dies, five seconds later, each time', async () => {
    for (let life = 0; life < 3; life++) {
      lives[life]?.end('on SIGKILL');
      await settled();
      clock.advance(4999);
      await settled();
      expect(lives).toHaveLength(life + 1);
      clock.advance(1);
      await settled();
      expect(supervised.now.pid).toBe(life + 2);
    }
    expect(printed.slice(0, 2)).toEqual(['it ended on SIGKILL. It is started again in 5 s.', 'it runs again, with pid 2.']);
  });

  it('leaves alone what it has stopped itself', async () => {
    await supervised.stop();
    await settled();
    expect([clock.timers, lives.length, lives[0]?.stops]).toEqual([0, 1, 1]);
  });

  it('does not start again what it is told to stop while that is dead', async () => {
    lives[0]?.end('on SIGKILL');
    await settled();
    await supervised.stop();
    expect(clock.timers).toBe(0);
  });
});
