import type { Level, Message, MessageType, OrderBookData } from '../../streams/message';
import { type LevelChange, levelChangesOf } from '../level-change';
import { OrderBook } from '../order-book';
import { countOf, fieldsOf, wrongShape } from '../shape';
import { NO_MESSAGES, type Outcome, type RawFrame, type StreamTransform } from '../transform';
import { isSnapshot } from './frame';

interface Update {
  readonly timestamp: number;
  readonly received: number;
  readonly updateId: number;
  readonly sequence: number | undefined;
  readonly bids: readonly LevelChange[];
  readonly asks: readonly LevelChange[];
}

/**
 * `orderbook.{depth}.{symbol}`. Update ids of one depth count by one; anything else means that a delta was missed, and the
 * book is lost until the topic is asked for again. An id of 1 is a restarted exchange: the frame is the whole book, whatever
 * its type. Depth 1 comes whole every time and again every 3 s with the same id when nothing changed; recordings of before
 * 2025-03 have deltas there too.
 */
export class OrderBookFeed implements StreamTransform {
  private readonly book: OrderBook;
  /** The last applied update; undefined while there is no book. */
  private last: Update | undefined;
  /** Out of step with the exchange: nothing counts until {@link reset}. */
  private lost = false;

  constructor(
    private readonly symbol: string,
    private readonly depth: number,
  ) {
    this.book = new OrderBook(depth);
  }

  apply(frame: RawFrame, received: number): Outcome {
    if (this.lost) return NO_MESSAGES;
    const update = this.read(frame, received);
    const whole = isSnapshot(frame) || update.updateId === 1;
    if (this.repeats(update, whole)) return NO_MESSAGES;
    if (whole) return this.replace(update);
    if (this.last === undefined) return { messages: [], resync: 'no_snapshot' };
    if (update.updateId !== this.last.updateId + 1) return this.lose('update_gap');
    return this.change(update);
  }

  snapshot(): Message<OrderBookData> | undefined {
    return this.last === undefined ? undefined : this.wholeBook('snapshot', this.last);
  }

  reset(): void {
    this.last = undefined;
    this.lost = false;
  }

  private read(frame: RawFrame, received: number): Update {
    const data = fieldsOf(frame.data, 'data');
    if (data['s'] !== this.symbol) throw wrongShape('the symbol of an order book', data['s']);
    return {
      timestamp: countOf(frame.ts, 'ts'),
      received,
      updateId: countOf(data['u'], 'u'),
      sequence: data['seq'] === undefined ? undefined : countOf(data['seq'], 'seq'),
      bids: levelChangesOf(data['b'], 'bids'),
      asks: levelChangesOf(data['a'], 'asks'),
    };
  }

  /** Only depth 1 is sent again unchanged; a deeper book's repeated id is a gap, or a snapshot that nobody asked for. */
  private repeats(update: Update, whole: boolean): boolean {
    if (this.depth !== 1 || update.updateId !== this.last?.updateId) return false;
    return !whole || (sameLevels(update.bids, this.book.bids()) && sameLevels(update.asks, this.book.asks()));
  }

  private replace(update: Update): Outcome {
    const type = this.depth === 1 && this.last !== undefined ? 'update' : 'snapshot';
    this.book.replace(update.bids, update.asks);
    return this.settle(update) ?? { messages: [this.wholeBook(type, update)] };
  }

  private change(update: Update): Outcome {
    const { bids, asks } = this.book.apply(update.bids, update.asks);
    const fault = this.settle(update);
    if (fault !== undefined) return fault;
    if (this.depth === 1) return { messages: [this.wholeBook('update', update)] };
    // Only deletes of levels that nobody holds.
    if (bids.length === 0 && asks.length === 0) return NO_MESSAGES;
    return { messages: [this.message('delta', update, bids, asks)] };
  }

  private settle(update: Update): Outcome | undefined {
    const fault = this.book.fault;
    if (fault !== undefined) return this.lose(fault);
    this.last = update;
    return undefined;
  }

  private lose(reason: string): Outcome {
    this.last = undefined;
    this.lost = true;
    return { messages: [], resync: reason };
  }

  private wholeBook(type: MessageType, update: Update): Message<OrderBookData> {
    return this.message(type, update, this.book.bids(), this.book.asks());
  }

  private message(
    type: MessageType,
    { updateId, sequence, timestamp, received }: Update,
    bids: readonly Level[],
    asks: readonly Level[],
  ): Message<OrderBookData> {
    const { symbol, depth } = this;
    const checksum = this.book.checksum;
    const data: OrderBookData =
      sequence === undefined
        ? { symbol, depth, bids, asks, updateId, checksum }
        : { symbol, depth, bids, asks, updateId, sequence, checksum };
    return { type, data, timestamp, received };
  }
}

function sameLevels(changes: readonly LevelChange[], levels: readonly Level[]): boolean {
  return changes.length === levels.length && changes.every(({ level }, i) => String(level) === String(levels[i]));
}
