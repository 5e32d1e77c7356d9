import type { Instrument } from './instrument';
import { optionValue } from './option-pricing';

const DAY = 86_400_000;
/** Options are listed against this day, so that the list and its prices are the same for everybody. */
const LISTED = Date.UTC(2026, 10, 1);

const EXPIRIES: readonly (readonly [name: string, time: number])[] = [
  ['27MAR26', Date.UTC(2026, 2, 27, 8)],
  ['25DEC26', Date.UTC(2026, 11, 25, 8)],
  ['26MAR27', Date.UTC(2027, 2, 26, 8)],
];

const UNDERLYINGS: readonly { coin: string; price: number; strikes: readonly number[] }[] = [
  { coin: 'BTC', price: 80_682, strikes: [60_000, 70_000, 80_000, 90_000, 100_000, 120_000] },
  { coin: 'ETH', price: 2_500.61, strikes: [2_000, 2_400, 2_600, 3_000] },
  { coin: 'SOL', price: 182.45, strikes: [140, 180, 200, 240] },
];

/** Price of the coin under an option when the option was listed. */
export function underlyingPrice(coin: string): number {
  return UNDERLYINGS.find((one) => one.coin === coin)?.price ?? 1;
}

/** Strike of `BTC-27MAR26-70000-P-USDT`. */
export function strikeOf(symbol: string): number {
  return Number(symbol.split('-')[2]);
}

/** Years from `now` to delivery; at least a day, so that an expired name still prices. */
export function yearsToDelivery(deliveryTime: number, now: number): number {
  return Math.max(DAY, deliveryTime - now) / (365 * DAY);
}

/** Every base coin x expiry x strike x side: `BTC-27MAR26-70000-P-USDT`. */
export function optionInstruments(): Instrument[] {
  return UNDERLYINGS.flatMap(({ coin, price, strikes }) =>
    EXPIRIES.flatMap(([expiry, deliveryTime]) =>
      strikes.flatMap((strike) => (['C', 'P'] as const).map((side) => option(coin, price, expiry, deliveryTime, strike, side))),
    ),
  );
}

function option(coin: string, price: number, expiry: string, deliveryTime: number, strike: number, side: 'C' | 'P'): Instrument {
  const priceScale = coin === 'BTC' ? 0 : 1;
  const tick = coin === 'BTC' ? 5 : 1;
  const { value } = optionValue(side === 'C', price, strike, yearsToDelivery(deliveryTime, LISTED));
  return {
    category: 'option',
    symbol: `${coin}-${expiry}-${strike}-${side}-USDT`,
    baseCoin: coin,
    quoteCoin: 'USDT',
    settleCoin: 'USDT',
    contractType: side === 'C' ? 'Call' : 'Put',
    priceScale,
    tick,
    sizeScale: coin === 'BTC' ? 2 : 1,
    // High enough above zero for a book of 100 bids.
    startPrice: Math.max(130 * tick, Math.round((value * 10 ** priceScale) / tick) * tick),
    usualSize: 50,
    deliveryTime,
    liquidations: false,
    eventsPerSecond: 1,
  };
}
