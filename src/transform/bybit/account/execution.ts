import type { AccountExecution } from '../../../streams/account';
import { fieldsOf, nameOf, wrongShape } from '../../shape';
import { decimalOf, decimalOrNull, flagOf, marketOf, sequenceOrNull, timeOf, wordOf, wordOrNull } from './account-fields';
import type { ItemSource } from './item-source';

/** An item of the topic `execution`, and of the list of executions of REST. */
export function readExecution(item: unknown, source: ItemSource): AccountExecution {
  const execution = fieldsOf(item, 'an execution');
  return {
    id: nameOf(execution['execId'], 'execId'),
    // Funding has none.
    orderId: wordOf(execution, 'orderId'),
    clientId: wordOrNull(execution, 'orderLinkId'),
    symbol: nameOf(execution['symbol'], 'symbol'),
    market: marketOf(execution, source.category),
    side: sideOf(execution['side']),
    type: wordOf(execution, 'execType'),
    price: decimalOf(execution, 'execPrice'),
    quantity: decimalOf(execution, 'execQty'),
    value: decimalOrNull(execution, 'execValue'),
    fee: decimalOrNull(execution, 'execFee'),
    feeRate: decimalOrNull(execution, 'feeRate'),
    feeCurrency: wordOrNull(execution, 'feeCurrency'),
    isMaker: flagOf(execution, 'isMaker'),
    remainingQuantity: decimalOrNull(execution, 'leavesQty'),
    closedSize: decimalOrNull(execution, 'closedSize'),
    sequence: sequenceOrNull(execution),
    time: timeOf(execution, 'execTime', source.time),
    origin: source.origin,
  };
}

function sideOf(value: unknown): AccountExecution['side'] {
  if (value === 'Buy') return 'buy';
  if (value === 'Sell') return 'sell';
  if (value === undefined || value === null || value === '' || value === 'None') return null;
  throw wrongShape('side', value);
}
