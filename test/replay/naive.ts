import { crc32 } from 'node:zlib';

/** Stupid models to hold the transforms against: slow, and obvious. */

export interface NaiveLevels {
  readonly b: readonly (readonly [string, string])[];
  readonly a: readonly (readonly [string, string])[];
}

/** An order book that sorts everything again on every question. */
export class NaiveBook {
  private readonly sides = { b: new Map<number, string[]>(), a: new Map<number, string[]>() };

  replace(levels: NaiveLevels): void {
    this.sides.b.clear();
    this.sides.a.clear();
    this.apply(levels);
  }

  apply(levels: NaiveLevels): void {
    for (const side of ['b', 'a'] as const) {
      for (const [price, size] of levels[side]) {
        const held = this.sides[side].get(Number(price));
        if (Number(size) === 0) this.sides[side].delete(Number(price));
        else this.sides[side].set(Number(price), [held?.[0] ?? price, size]);
      }
    }
  }

  get bids(): string[][] {
    return [...this.sides.b].sort(([x], [y]) => y - x).map(([, level]) => level);
  }

  get asks(): string[][] {
    return [...this.sides.a].sort(([x], [y]) => x - y).map(([, level]) => level);
  }

  get crossed(): boolean {
    const [bid, ask] = [this.bids[0]?.[0], this.asks[0]?.[0]];
    return bid !== undefined && ask !== undefined && Number(bid) >= Number(ask);
  }

  get checksum(): number {
    const parts: string[] = [];
    const [bids, asks] = [this.bids, this.asks];
    for (let i = 0; i < 10; i++) parts.push(...(bids[i] ?? []), ...(asks[i] ?? []));
    return crc32(parts.join(':'));
  }
}

type Words = Readonly<Record<string, string>>;

const TICKER_NAMES: Words = {
  price: 'lastPrice',
  markPrice: 'markPrice',
  indexPrice: 'indexPrice',
  high24h: 'highPrice24h',
  low24h: 'lowPrice24h',
  prevPrice24h: 'prevPrice24h',
  volume24h: 'volume24h',
  turnover24h: 'turnover24h',
  tickDirection: 'tickDirection',
  openInterest: 'openInterest',
  openInterestValue: 'openInterestValue',
  fundingRate: 'fundingRate',
  nextFundingTime: 'nextFundingTime',
};

/** `known` overlaid with what `data` says. */
export function naiveMerge(known: Words, data: Words): Words {
  const merged = new Map(Object.entries(known));
  for (const [name, value] of Object.entries(data)) if (value !== '') merged.set(name, value);
  for (const side of ['bid1', 'ask1']) {
    const [price, size] = [data[`${side}Price`], data[`${side}Size`]];
    // No price, no order; and no size stands beside another order's price.
    if (price === '' || !merged.has(`${side}Price`)) for (const part of ['Price', 'Size']) merged.delete(`${side}${part}`);
    else if (price !== undefined && price !== known[`${side}Price`] && !size) merged.delete(`${side}Size`);
  }
  return Object.fromEntries(merged);
}

/** The ticker of a future or spot market, from the exchange's own fields, without the percentage. */
export function naiveTicker(merged: Words): Record<string, unknown> {
  const ticker: Record<string, unknown> = { symbol: merged['symbol'] };
  for (const [ours, theirs] of Object.entries(TICKER_NAMES)) if (merged[theirs] !== undefined) ticker[ours] = merged[theirs];
  for (const [ours, theirs] of [
    ['bid', 'bid1'],
    ['ask', 'ask1'],
  ] as const) {
    const [price, size] = [merged[`${theirs}Price`], merged[`${theirs}Size`]];
    if (price !== undefined && size !== undefined) ticker[ours] = { price, size };
  }
  return ticker;
}
