/** Work that is done step by step, one after the other, as long as there is some. What is asked for while it runs is not forgotten. */
export class Pump {
  private running = false;
  private again = false;
  private paused = false;

  /**
   * @param step false: there is nothing to do
   * @param failed a step has rejected; nothing more is done until {@link resume}
   * @param rested nothing is being done any more, be it that all is done or that something is away
   */
  constructor(
    private readonly step: () => Promise<boolean>,
    private readonly failed: (error: unknown) => void,
    private readonly rested: () => void,
  ) {}

  get resting(): boolean {
    return !this.running;
  }

  /** There may be something to do. */
  run(): void {
    this.again = true;
    if (!this.running && !this.paused) void this.work();
  }

  /** What a step failed for may be over. */
  resume(): void {
    this.paused = false;
    this.run();
  }

  get isPaused(): boolean {
    return this.paused;
  }

  private async work(): Promise<void> {
    this.running = true;
    try {
      while (this.take()) while (await this.step());
    } catch (error) {
      this.paused = true;
      this.failed(error);
    } finally {
      this.running = false;
      this.rested();
    }
  }

  private take(): boolean {
    const { again } = this;
    this.again = false;
    return again;
  }
}
