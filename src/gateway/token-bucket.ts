/** Lets `perSecond` through each second, of which up to `burst` at once. Times are ms. */
export class TokenBucket {
  private tokens: number;

  constructor(
    private readonly perSecond: number,
    private readonly burst: number,
    private filledAt: number,
  ) {
    this.tokens = burst;
  }

  take(now: number): boolean {
    // A wall clock that is set back must not cost what is there.
    const passed = Math.max(0, now - this.filledAt);
    this.tokens = Math.min(this.burst, this.tokens + (passed * this.perSecond) / 1000);
    this.filledAt = now;
    if (this.tokens < 1) return false;
    this.tokens--;
    return true;
  }
}
