import type { Message, Trade } from '../../streams/message';
import type { ExchangeMarket } from '../../streams/stream';
import { amountOf, countOf, fieldsOf, nameOf, wrongShape } from '../shape';
import type { Outcome, RawFrame, StreamTransform } from '../transform';
import { entriesOf } from './frame';

/** `publicTrade.{symbol}`; of options `publicTrade.{baseCoin}`, of which one stream takes its own symbol's trades. */
export class TradeTransform implements StreamTransform {
  constructor(
    private readonly symbol: string,
    private readonly market: ExchangeMarket,
  ) {}

  apply(frame: RawFrame, received: number): Outcome {
    const timestamp = countOf(frame.ts, 'ts');
    const { entries, withheld } = entriesOf(frame, (entry) => this.read(entry));
    const messages: Message<readonly Trade[]>[] =
      entries.length === 0 ? [] : [{ type: 'update', data: entries, timestamp, received }];
    return withheld.length === 0 ? { messages } : { messages, withheld };
  }

  snapshot(): undefined {
    return undefined;
  }

  /** Nothing is held. */
  reset(): void {}

  private read(entry: unknown): Trade | undefined {
    const trade = fieldsOf(entry, 'a trade');
    if (trade['s'] !== this.symbol) {
      if (this.market === 'option' && typeof trade['s'] === 'string') return undefined;
      throw wrongShape('the symbol of a trade', trade['s']);
    }
    const isBlockTrade = trade['BT'] ?? false;
    if (typeof isBlockTrade !== 'boolean') throw wrongShape('BT', isBlockTrade);
    return {
      id: nameOf(trade['i'], 'i'),
      symbol: this.symbol,
      price: amountOf(trade['p'], 'p'),
      quantity: amountOf(trade['v'], 'v'),
      side: takerSideOf(trade['S']),
      time: countOf(trade['T'], 'T'),
      isBlockTrade,
    };
  }
}

function takerSideOf(value: unknown): Trade['side'] {
  if (value === 'Buy') return 'buy';
  if (value === 'Sell') return 'sell';
  throw wrongShape('S', value);
}
