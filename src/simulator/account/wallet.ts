import { absolute, parseAmount } from './amount';

/** One coin of the unified account. */
export interface Holding {
  readonly coin: string;
  /** Negative when more was spent than was there: the rest is borrowed, as unified accounts do by themselves. */
  balance: bigint;
  interest: bigint;
  /** Profits and losses of positions settled in the coin, net of fees and funding. */
  realised: bigint;
}

/** What the account owns and owes. */
export class Wallet {
  private readonly holdings = new Map<string, Holding>();
  private readonly touched = new Set<string>();

  /** `balances`: coin to decimal text. Throws a RangeError for anything else. */
  constructor(balances: Readonly<Record<string, string>>) {
    for (const [coin, text] of Object.entries(balances)) {
      const amount = parseAmount(text);
      if (amount === undefined) throw new RangeError(`balances: ${coin} must be a decimal text, not "${text}"`);
      this.of(coin).balance = amount;
    }
  }

  /** The coin's holding, made when it is first asked for. */
  of(coin: string): Holding {
    let holding = this.holdings.get(coin);
    if (!holding) {
      holding = { coin, balance: 0n, interest: 0n, realised: 0n };
      this.holdings.set(coin, holding);
    }
    return holding;
  }

  get coins(): Iterable<Holding> {
    return this.holdings.values();
  }

  add(coin: string, amount: bigint): void {
    this.of(coin).balance += amount;
    this.touched.add(coin);
  }

  /** A position's profit, fee or funding. */
  realise(coin: string, amount: bigint): void {
    this.add(coin, amount);
    this.of(coin).realised += amount;
  }

  charge(coin: string, interest: bigint): void {
    this.of(coin).interest += interest;
    this.touched.add(coin);
  }

  /** What is locked for orders in the coin has changed. */
  touch(coin: string): void {
    this.of(coin);
    this.touched.add(coin);
  }

  /** The coins that changed since the last call. */
  takeChanged(): Holding[] {
    const changed = [...this.touched].map((coin) => this.of(coin));
    this.touched.clear();
    return changed;
  }
}

export function borrowed({ balance }: Holding): bigint {
  return balance < 0n ? absolute(balance) : 0n;
}
