import type { Clock, Timer } from '../clock/clock';

/** How long something stays dead before it is started again: long enough to watch what that does. */
const DEAD_MS = 5000;

interface Life {
  readonly pid: number;
  readonly ended: Promise<string>;
  stop(): Promise<void>;
}

/** Something that is started again when it dies. */
export class Supervised<T extends Life> {
  private timer: Timer | undefined;
  private stopping = false;

  constructor(
    private life: T,
    private readonly around: {
      readonly name: string;
      readonly clock: Pick<Clock, 'after'>;
      readonly start: () => Promise<T>;
      readonly print: (line: string) => void;
    },
  ) {
    this.attend(life);
  }

  /** What runs now, or ran last. */
  get now(): T {
    return this.life;
  }

  async stop(): Promise<void> {
    this.stopping = true;
    this.timer?.cancel();
    await this.life.stop();
  }

  private attend(life: T): void {
    void life.ended.then((how) => {
      if (this.stopping) return;
      const { name, clock, print } = this.around;
      print(`${name} ended ${how}. It is started again in ${DEAD_MS / 1000} s.`);
      this.timer = clock.after(DEAD_MS, () => void this.again());
    });
  }

  private async again(): Promise<void> {
    const life = await this.around.start();
    this.life = life;
    // It may have been told to stop while it started.
    if (this.stopping) await life.stop();
    else {
      this.around.print(`${this.around.name} runs again, with pid ${life.pid}.`);
      this.attend(life);
    }
  }
}
