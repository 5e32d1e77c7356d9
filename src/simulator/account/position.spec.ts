import { MarketModel } from '../market-model';
import { parseAmount, plain, rounded } from './amount';
import { Position } from './position';

const model = new MarketModel(1, 0);

function position(category: 'linear' | 'inverse', symbol: string): Position {
  const instrument = model.instrument(category, symbol);
  if (!instrument) throw new Error(`${symbol} does not trade`);
  return new Position(instrument, 0);
}

function amount(text: string): bigint {
  return parseAmount(text) ?? 0n;
}

describe('a position', () => {
  it('averages what it bought, earns what it sells higher, and is flat without a side', () => {
    const long = position('linear', 'BTCUSDT');
    expect(long.trade('Buy', amount('1'), amount('100'))).toEqual({ closed: 0n, pnl: 0n });
    long.trade('Buy', amount('3'), amount('200'));
    expect([long.side, plain(long.size), plain(long.entryPrice)]).toEqual(['Buy', '4', '175']);
    expect(plain(long.unrealised(amount('180')))).toBe('20');
    expect(plain(long.trade('Sell', amount('1'), amount('185')).pnl)).toBe('10');
    expect(plain(long.entryPrice)).toBe('175');
    expect(plain(long.trade('Sell', amount('3'), amount('165')).pnl)).toBe('-30');
    expect([long.side, long.size, long.entryValue]).toEqual(['', 0n, 0n]);
  });

  it('turns around in one trade', () => {
    const one = position('linear', 'BTCUSDT');
    one.trade('Sell', amount('2'), amount('100'));
    const { closed, pnl } = one.trade('Buy', amount('5'), amount('90'));
    expect([plain(closed), plain(pnl)]).toEqual(['2', '20']);
    expect([one.side, plain(one.size), plain(one.entryPrice)]).toEqual(['Buy', '3', '90']);
  });

  it('earns coin on inverse, where dollars per contract are fixed', () => {
    const long = position('inverse', 'BTCUSD');
    long.trade('Buy', amount('1000'), amount('50000'));
    expect(plain(long.entryValue)).toBe('0.02');
    expect(plain(rounded(long.entryPrice, 8))).toBe('50000');
    expect(plain(long.trade('Sell', amount('1000'), amount('62500')).pnl)).toBe('0.004');
    long.trade('Sell', amount('1000'), amount('50000'));
    expect(plain(long.unrealised(amount('62500')))).toBe('-0.004');
  });
});
