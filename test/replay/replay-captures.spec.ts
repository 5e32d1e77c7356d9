import * as recorded from './recorded-frames';
import { replayLines, type Report } from './replay-captures';

function replay(file: string, ...lines: string[]): Report {
  const report: Report = { rows: new Map(), problems: [] };
  replayLines(file, lines, report);
  return report;
}

const {
  LINEAR_TICKER,
  LINEAR_BEST_LEVELS,
  LINEAR_TRADES,
  LINEAR_KLINES,
  LINEAR_LIQUIDATIONS,
  OLD_LIQUIDATION,
  OLD_BEST_LEVELS,
  INVERSE_FUTURE_TICKER,
  INVERSE_TRADES,
  SPOT_BOOK,
  SPOT_BEST_LEVELS,
  SPOT_TRADES,
} = recorded;

describe('replay of recorded frames', () => {
  it('reads every frame of futures', () => {
    const report = replay(
      'linear',
      ...LINEAR_TICKER,
      ...LINEAR_BEST_LEVELS,
      ...LINEAR_TRADES,
      ...LINEAR_KLINES,
      ...LINEAR_LIQUIDATIONS,
    );
    expect(report.problems).toEqual([]);
    expect(Object.fromEntries([...report.rows].map(([name, { lines, messages }]) => [name, [lines, messages]]))).toEqual({
      'futures ticker': [8, 8],
      'futures orderbook 1': [4, 4],
      'futures trade': [3, 3],
      'futures kline': [4, 4],
      'futures liquidation': [3, 3],
    });
  });

  it('reads every frame of spot, whose book keeps 50 levels per side and whose best levels repeat', () => {
    const report = replay('spot', ...SPOT_BOOK, ...SPOT_BEST_LEVELS, ...SPOT_TRADES);
    expect(report.problems).toEqual([]);
    expect(report.rows.get('spot orderbook 50')).toMatchObject({ lines: 12, messages: 12 });
    expect(report.rows.get('spot orderbook 1')).toMatchObject({ lines: 6, messages: 4 });
    expect(report.rows.get('spot trade')).toMatchObject({ lines: 3, messages: 3 });
  });

  it('reads frames of 2023', () => {
    const report = replay('linear_inverse', ...INVERSE_FUTURE_TICKER, ...INVERSE_TRADES, ...OLD_LIQUIDATION, ...OLD_BEST_LEVELS);
    expect(report.problems).toEqual([]);
    expect(report.rows.get('inverse ticker')).toMatchObject({ lines: 2, messages: 2 });
    expect(report.rows.get('futures orderbook 1')).toMatchObject({ lines: 2, messages: 2 });
  });

  it('reports a missing delta', () => {
    const report = replay('spot', ...SPOT_BOOK.filter((_, i) => i !== 3));
    expect(report.problems[0]).toBe('spot:4: spot.orderbook.50.BTCUSDT lost: update_gap');
  });

  it('reports frames that no transform takes', () => {
    const report = replay(
      'linear',
      '{"topic":"insurance.USDT","data":[]}',
      '{"hello":1}',
      LINEAR_TRADES[0]?.replace(/"S":"\w+"/, '"S":"Hold"') ?? '',
    );
    expect(report.problems).toEqual([
      'linear:1: topic insurance.USDT feeds no stream',
      'linear:2: neither data nor an answer',
      expect.stringContaining('withheld: S is "Hold"'),
    ]);
  });

  it('counts a delta without its snapshot and lets nothing come of it', () => {
    const report = replay('linear', ...LINEAR_TICKER.slice(1, 2));
    expect(report.problems).toEqual([]);
    expect(report.rows.get('futures ticker')).toEqual({ lines: 1, messages: 0, entries: 0, orphans: 1 });
  });
});
