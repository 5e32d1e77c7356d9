import type { Category } from './categories';
import type { Instrument } from './instrument';
import { optionInstruments } from './option-instruments';

/** [coin, dollars, price decimals, tick in units, size decimals of derivatives, size decimals on spot] */
type Coin = readonly [coin: string, price: number, priceScale: number, tick: number, sizeScale: number, spotSizeScale: number];

const COINS: readonly Coin[] = [
  ['BTC', 80_682, 2, 10, 3, 6],
  ['ETH', 2_500.61, 2, 1, 2, 5],
  ['SOL', 182.45, 3, 10, 1, 4],
  ['XRP', 2.4312, 4, 1, 1, 2],
  ['DOGE', 0.21876, 5, 1, 0, 1],
  ['ADA', 0.7415, 4, 1, 0, 2],
  ['BNB', 912.3, 2, 10, 2, 4],
  ['LTC', 94.53, 2, 1, 1, 5],
  ['LINK', 17.842, 3, 1, 1, 3],
  ['AVAX', 24.61, 3, 1, 1, 3],
  ['SUI', 3.1274, 4, 1, 0, 2],
  ['TRX', 0.31205, 5, 1, 0, 2],
];

const SYLLABLES = [
  'AR',
  'BEL',
  'CO',
  'DRA',
  'EN',
  'FI',
  'GAL',
  'HY',
  'IX',
  'JU',
  'KAI',
  'LU',
  'MO',
  'NEX',
  'OR',
  'PY',
  'QUA',
  'RI',
  'SOM',
  'TE',
];

/** Coins after the named ones: plausible, and the same for everybody. */
function plausibleCoin(index: number): Coin {
  const n = SYLLABLES.length;
  let name = `${SYLLABLES[index % n] ?? ''}${SYLLABLES[Math.floor(index / n) % n] ?? ''}`;
  for (let rest = Math.floor(index / (n * n)); rest > 0; rest = Math.floor(rest / n)) name += SYLLABLES[rest % n] ?? '';
  const price = 1 + ((index * 7_919) % 10_000) / 500;
  return [name, price, 4, 1, 1, 2];
}

function derivative(
  coin: Coin,
  symbol: string,
  quoteCoin: string,
  contractType: Instrument['contractType'],
  more: Partial<Instrument> = {},
): Instrument {
  const [baseCoin, price, priceScale, tick, sizeScale] = coin;
  const startPrice = Math.round((price * 10 ** priceScale) / tick) * tick;
  const usualSize = Math.max(1, Math.round((40_000 / price) * 10 ** sizeScale));
  return {
    category: 'linear',
    symbol,
    baseCoin,
    quoteCoin,
    settleCoin: quoteCoin,
    contractType,
    priceScale,
    tick,
    sizeScale,
    startPrice,
    usualSize,
    deliveryTime: 0,
    liquidations: true,
    eventsPerSecond: baseCoin.length === 3 ? 12 : 5,
    ...more,
  };
}

function linear(coins: readonly Coin[]): Instrument[] {
  const [btc, eth] = COINS as [Coin, Coin];
  const bob: Coin = ['1000000BOB', 0.05165, 5, 1, 0, 2];
  const named = COINS.map((coin) => derivative(coin, `${coin[0]}USDT`, 'USDT', 'LinearPerpetual'));
  return [
    ...named,
    derivative(btc, 'BTCPERP', 'USDC', 'LinearPerpetual', { eventsPerSecond: 4 }),
    derivative(eth, 'ETHPERP', 'USDC', 'LinearPerpetual', { eventsPerSecond: 4 }),
    derivative(bob, '1000000BOBUSDT', 'USDT', 'LinearPerpetual', { liquidations: false, eventsPerSecond: 2 }),
    derivative(btc, 'BTCUSDT-25DEC26', 'USDT', 'LinearFutures', { deliveryTime: Date.UTC(2026, 11, 25, 8), eventsPerSecond: 2 }),
    ...coins.map((coin) => derivative(coin, `${coin[0]}USDT`, 'USDT', 'LinearPerpetual', { eventsPerSecond: 3 })),
  ];
}

function spot(coins: readonly Coin[]): Instrument[] {
  const pair = (coin: Coin, quote: string): Instrument => {
    const scale = coin[5];
    const usualSize = Math.max(1, Math.round((6_000 / coin[1]) * 10 ** scale));
    return derivative(coin, `${coin[0]}${quote}`, quote, 'Spot', {
      category: 'spot',
      tick: 1,
      sizeScale: scale,
      usualSize,
      liquidations: false,
    });
  };
  const named = COINS.map((coin) => pair(coin, 'USDT'));
  return [...named, ...COINS.slice(0, 3).map((coin) => pair(coin, 'USDC')), ...coins.map((coin) => pair(coin, 'USDT'))];
}

function inverse(): Instrument[] {
  const contract = (coin: Coin, symbol: string, more: Partial<Instrument>): Instrument =>
    derivative(coin, symbol, 'USD', 'InversePerpetual', {
      category: 'inverse',
      settleCoin: coin[0],
      sizeScale: 0,
      usualSize: 20_000,
      eventsPerSecond: 5,
      ...more,
    });
  const btc = COINS[0] as Coin;
  return [
    ...COINS.slice(0, 8).map((coin) => contract(coin, `${coin[0]}USD`, coin[0] === 'BTC' ? { tick: 50 } : {})),
    contract(btc, 'BTCUSDZ26', { contractType: 'InverseFutures', tick: 50, deliveryTime: Date.UTC(2026, 11, 25, 8) }),
    contract(btc, 'BTCUSDH27', { contractType: 'InverseFutures', tick: 50, deliveryTime: Date.UTC(2027, 2, 26, 8) }),
  ];
}

/**
 * What trades in each category. `symbols` bounds linear and spot: fewer takes the first ones, more than the named ones
 * adds plausible names; inverse and option lists are fixed. Undefined: the named ones.
 */
export function listInstruments(symbols?: number): Map<Category, Instrument[]> {
  const more = Array.from({ length: Math.max(0, (symbols ?? 0) - 15) }, (_, i) => plausibleCoin(i));
  return new Map<Category, Instrument[]>([
    ['linear', linear(more).slice(0, symbols)],
    ['spot', spot(more).slice(0, symbols)],
    ['inverse', inverse()],
    ['option', optionInstruments()],
  ]);
}

/** An instrument for a symbol that a recording names and the model does not have. */
export function recordedInstrument(category: Category, symbol: string): Instrument {
  const quote = /^(.+?)(USDT|USDC|USD|PERP)/.exec(symbol);
  const base = quote?.[1] ?? symbol.split('-')[0] ?? symbol;
  return derivative([base, 1, 4, 1, 1, 2], symbol, quote?.[2] ?? 'USDT', category === 'spot' ? 'Spot' : 'LinearPerpetual', {
    category,
  });
}
