import type { AccountPosition } from '../../../streams/account';
import { fieldsOf, nameOf, wrongShape } from '../../shape';
import { decimalOf, decimalOrNull, marketOf, positionIndexOf, priceOrNull, sequenceOrNull, timeOf } from './account-fields';
import type { ItemSource } from './item-source';

/** An item of the topic `position`, and of the list of positions of REST, which calls the entry price otherwise. */
export function readPosition(item: unknown, source: ItemSource): AccountPosition {
  const position = fieldsOf(item, 'a position');
  const size = decimalOf(position, 'size');
  return {
    symbol: nameOf(position['symbol'], 'symbol'),
    market: marketOf(position, source.category),
    side: sideOf(position['side'], size),
    positionIndex: positionIndexOf(position),
    size,
    entryPrice: priceOrNull(position, 'entryPrice') ?? priceOrNull(position, 'avgPrice'),
    markPrice: priceOrNull(position, 'markPrice'),
    value: decimalOrNull(position, 'positionValue'),
    leverage: decimalOrNull(position, 'leverage'),
    liquidationPrice: priceOrNull(position, 'liqPrice'),
    unrealisedPnl: decimalOrNull(position, 'unrealisedPnl'),
    realisedPnl: decimalOrNull(position, 'cumRealisedPnl'),
    takeProfit: priceOrNull(position, 'takeProfit'),
    stopLoss: priceOrNull(position, 'stopLoss'),
    sequence: sequenceOrNull(position),
    updatedAt: timeOf(position, 'updatedTime', source.time),
    origin: source.origin,
  };
}

/** Empty of a flat position, and `None` in older answers. */
function sideOf(value: unknown, size: string): AccountPosition['side'] {
  const side = value ?? '';
  if (side !== '' && side !== 'None' && side !== 'Buy' && side !== 'Sell') throw wrongShape('side', value);
  if (Number(size) === 0) return 'flat';
  if (side === 'Buy') return 'long';
  if (side === 'Sell') return 'short';
  throw wrongShape(`the side of a position of ${size}`, value);
}
