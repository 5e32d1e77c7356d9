/** How the account can misbehave, on command. */
export class AccountFaults {
  private refusing = false;
  private limited = 0;
  private lost = 0;
  private rejection: string | undefined;

  /** The key is not known any more: sockets and requests are refused as with a wrong one. Sockets that are in stay in. */
  refuseAuth(): void {
    this.refusing = true;
  }

  acceptAuth(): void {
    this.refusing = false;
  }

  /** The next signed requests are answered with 10006. */
  rateLimit(times = Infinity): void {
    this.limited = times;
  }

  /** The next account frames are never sent; what they tell of has happened. */
  losePushes(times = Infinity): void {
    this.lost = times;
  }

  /** The next order is accepted, and then rejected by the matching engine for this reason. */
  rejectOrder(reason = 'EC_Others'): void {
    this.rejection = reason;
  }

  clear(): void {
    this.refusing = false;
    this.limited = 0;
    this.lost = 0;
    this.rejection = undefined;
  }

  /** What is switched on now, for people to read. */
  active(): Record<string, unknown> {
    const { refusing, limited, lost, rejection } = this;
    return { refusing, limited, lost, rejection };
  }

  get refusesAuth(): boolean {
    return this.refusing;
  }

  takeRateLimit(): boolean {
    return this.limited > 0 && this.limited-- > 0;
  }

  takeLostPush(): boolean {
    return this.lost > 0 && this.lost-- > 0;
  }

  takeRejection(): string | undefined {
    const reason = this.rejection;
    this.rejection = undefined;
    return reason;
  }
}
