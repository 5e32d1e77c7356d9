import type { Instrument } from '../instrument';
import type { Side } from '../order-book';
import { least, over, times, toCoin } from './amount';

/** 0 one-way, 1 the long and 2 the short side of a hedge. */
export type PositionIdx = 0 | 1 | 2;

/** Worth of so many contracts in the coin they settle in: dollars per contract turned into coin on inverse, rounded to 10^-8. */
export function valueOf(instrument: Instrument, size: bigint, price: bigint): bigint {
  return instrument.category === 'inverse' ? toCoin(over(size, price)) : times(size, price);
}

/** One position. It is kept while flat, as the exchange keeps telling of it. */
export class Position {
  /** Empty while flat. */
  side: Side | '' = '';
  size = 0n;
  /** What the size was worth when it was bought or sold. */
  entryValue = 0n;
  /** Since the position was last opened, fees and funding included. */
  currentPnl = 0n;
  allPnl = 0n;
  createdTime = 0;
  updatedTime = 0;
  /** Of the last trade; -1 when there was none. */
  seq = -1;

  constructor(
    readonly instrument: Instrument,
    readonly positionIdx: PositionIdx,
  ) {}

  get entryPrice(): bigint {
    return this.instrument.category === 'inverse' ? over(this.size, this.entryValue) : over(this.entryValue, this.size);
  }

  /** How much of an order on a side would only reduce the position. */
  reducible(side: Side): bigint {
    return this.side === '' || this.side === side ? 0n : this.size;
  }

  /** Buys or sells at a price: closes what is held the other way, opens the rest. Returns what was closed and what it earned. */
  trade(side: Side, size: bigint, price: bigint): { closed: bigint; pnl: bigint } {
    const closed = least(size, this.reducible(side));
    const pnl = closed > 0n ? this.close(closed, price) : 0n;
    const opened = size - closed;
    if (opened > 0n) {
      if (this.size === 0n) this.currentPnl = 0n;
      this.side = side;
      this.size += opened;
      this.entryValue += valueOf(this.instrument, opened, price);
    }
    return { closed, pnl };
  }

  /** What closing everything at a price would earn. */
  unrealised(price: bigint): bigint {
    return this.size === 0n ? 0n : this.gain(valueOf(this.instrument, this.size, price), this.entryValue);
  }

  realise(amount: bigint): void {
    this.currentPnl += amount;
    this.allPnl += amount;
  }

  private close(size: bigint, price: bigint): bigint {
    // The last part takes what is left of the entry value, so that all parts together earn what the whole would have.
    const entry = size === this.size ? this.entryValue : (this.entryValue * size) / this.size;
    const pnl = toCoin(this.gain(valueOf(this.instrument, size, price), entry));
    this.size -= size;
    this.entryValue -= entry;
    if (this.size === 0n) this.side = '';
    return pnl;
  }

  /** An inverse contract is worth less coin the higher the price. */
  private gain(now: bigint, entry: bigint): bigint {
    const long = this.side === 'Buy';
    return long === (this.instrument.category === 'inverse') ? entry - now : now - entry;
  }
}
