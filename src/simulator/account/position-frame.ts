import { fixed, plain, rounded, times, toCoin } from './amount';
import { type Position, valueOf } from './position';
import { LEVERAGE, MAINTENANCE } from './valuation';

type Row = Readonly<Record<string, string | number | boolean>>;

/** One position as the private stream writes it. `mark` is the symbol's mark price. */
export function positionFrame(position: Position, mark: bigint): object {
  const { avgPrice, ...row } = positionRow(position, mark);
  return { ...row, entryPrice: avgPrice, category: position.instrument.category };
}

/** One position as REST lists it: the entry price has another name there. */
export function positionRow(position: Position, mark: bigint): Row {
  const { instrument, size, entryValue } = position;
  const margin = toCoin(valueOf(instrument, size, mark) / LEVERAGE);
  const maintenance = toCoin(times(valueOf(instrument, size, mark), MAINTENANCE));
  return {
    positionIdx: position.positionIdx,
    tradeMode: 0,
    riskId: 1,
    riskLimitValue: '2000000',
    symbol: instrument.symbol,
    side: position.side,
    size: plain(size),
    avgPrice: plain(rounded(position.entryPrice, 8)),
    leverage: String(LEVERAGE),
    positionValue: plain(toCoin(entryValue)),
    positionBalance: '0',
    markPrice: fixed(mark, instrument.priceScale),
    positionIM: plain(margin),
    positionMM: plain(maintenance),
    positionIMByMp: plain(margin),
    positionMMByMp: plain(maintenance),
    takeProfit: '0',
    stopLoss: '0',
    trailingStop: '0',
    unrealisedPnl: plain(toCoin(position.unrealised(mark))),
    curRealisedPnl: plain(position.currentPnl),
    cumRealisedPnl: plain(position.allPnl),
    sessionAvgPrice: '',
    createdTime: String(position.createdTime),
    updatedTime: String(position.updatedTime),
    tpslMode: 'Full',
    liqPrice: liquidationPrice(position),
    bustPrice: '',
    positionStatus: 'Normal',
    adlRankIndicator: size > 0n ? 2 : 0,
    autoAddMargin: 0,
    leverageSysUpdatedTime: '',
    mmrSysUpdatedTime: '',
    seq: position.seq,
    isReduceOnly: false,
  };
}

/** An estimate, as it is in cross margin: as if the position had only its own margin. */
function liquidationPrice({ side, entryPrice, instrument }: Position): string {
  if (side === '') return '';
  const away = entryPrice / LEVERAGE - times(entryPrice, MAINTENANCE);
  return fixed(side === 'Buy' ? entryPrice - away : entryPrice + away, instrument.priceScale);
}
