/** Over which time rates are taken. */
export const FLOW_WINDOW_MS = 300_000;

interface Sample {
  readonly at: number;
  readonly published: number;
  readonly messages: number;
}

/** What came into a queue and what left it, over the last 300 s: seen by counting what comes and looking how many are there. */
export class QueueFlow {
  /** The first is as old as the window, or older, once there are so many. */
  private readonly samples: Sample[] = [];

  /**
   * @param at ms; never less than the one before
   * @param published how many came since the beginning
   * @param messages how many are there
   */
  sample(at: number, published: number, messages: number): void {
    this.samples.push({ at, published, messages });
    let outside = 0;
    while ((this.samples[outside + 1]?.at ?? Infinity) <= at - FLOW_WINDOW_MS) outside++;
    this.samples.splice(0, outside);
  }

  /** Whether a whole window has been seen. */
  get whole(): boolean {
    return this.elapsed >= FLOW_WINDOW_MS;
  }

  get published(): number {
    return this.change('published');
  }

  /** Never less than 0: what was sent twice came without being counted. */
  get consumed(): number {
    return Math.max(0, this.published - this.change('messages'));
  }

  /** Events per second; 0 before there is anything to compare. */
  get publishRate(): number {
    return this.perSecond(this.published);
  }

  get consumeRate(): number {
    return this.perSecond(this.consumed);
  }

  private get elapsed(): number {
    return this.change('at');
  }

  private change(of: keyof Sample): number {
    const [first] = this.samples;
    const last = this.samples.at(-1);
    return first && last ? last[of] - first[of] : 0;
  }

  private perSecond(count: number): number {
    return this.elapsed > 0 ? (count * 1000) / this.elapsed : 0;
  }
}
