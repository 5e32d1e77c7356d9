import type { Liquidation, Message } from '../../streams/message';
import { amountOf, countOf, fieldsOf, wrongShape } from '../shape';
import type { Outcome, RawFrame, StreamTransform } from '../transform';
import { entriesOf } from './frame';

/** What the entries of a topic are called. */
interface Names {
  readonly symbol: string;
  readonly side: string;
  readonly price: string;
  readonly quantity: string;
  readonly time: string;
}

const NAMES: Names = { symbol: 's', side: 'S', price: 'p', quantity: 'v', time: 'T' };
/** `liquidation.{symbol}`, which the exchange replaced in 2025: one object per frame. Older recordings have it. */
const OLD_NAMES: Names = { symbol: 'symbol', side: 'side', price: 'price', quantity: 'size', time: 'updatedTime' };

/** `allLiquidation.{symbol}`. The price is the bankruptcy price. */
export class LiquidationTransform implements StreamTransform {
  constructor(private readonly symbol: string) {}

  apply(frame: RawFrame, received: number): Outcome {
    const timestamp = countOf(frame.ts, 'ts');
    const old = frame.topic.startsWith('liquidation.');
    const names = old ? OLD_NAMES : NAMES;
    const { entries, withheld } = entriesOf(old ? { ...frame, data: [frame.data] } : frame, (entry) => this.read(entry, names));
    const messages: Message<readonly Liquidation[]>[] =
      entries.length === 0 ? [] : [{ type: 'update', data: entries, timestamp, received }];
    return withheld.length === 0 ? { messages } : { messages, withheld };
  }

  snapshot(): undefined {
    return undefined;
  }

  /** Nothing is held. */
  reset(): void {}

  private read(entry: unknown, names: Names): Liquidation {
    const liquidation = fieldsOf(entry, 'a liquidation');
    if (liquidation[names.symbol] !== this.symbol) throw wrongShape('the symbol of a liquidation', liquidation[names.symbol]);
    return {
      symbol: this.symbol,
      side: positionOf(liquidation[names.side]),
      price: amountOf(liquidation[names.price], names.price),
      quantity: amountOf(liquidation[names.quantity], names.quantity),
      time: countOf(liquidation[names.time], names.time),
    };
  }
}

/** `Buy` is the side of the position, not of the order that closed it. */
function positionOf(value: unknown): Liquidation['side'] {
  if (value === 'Buy') return 'long';
  if (value === 'Sell') return 'short';
  throw wrongShape('the side of a liquidation', value);
}
