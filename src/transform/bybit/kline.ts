import type { Kline, Message } from '../../streams/message';
import type { Interval } from '../../streams/stream';
import { checkCandle } from '../candle-check';
import { amountOf, countOf, fieldsOf, isDecimal, wrongShape } from '../shape';
import type { Outcome, RawFrame, StreamTransform } from '../transform';
import { entriesOf } from './frame';
import { INTERVAL_SPELLING } from './interval-spelling';

/**
 * `kline.{interval}.{symbol}`. Around a close a frame holds two candles, the closing and the new one, and both are messages.
 * The exchange has been seen to close a candle twice; here a candle closes once, also across {@link reset}, and what comes
 * for it or for an older one afterwards is dropped.
 */
export class KlineTransform implements StreamTransform {
  private last: { readonly candle: Kline; readonly timestamp: number; readonly received: number } | undefined;
  /** The open time of the newest closed candle. */
  private closedUpTo = -1;
  private begun = false;

  constructor(
    private readonly symbol: string,
    private readonly interval: Interval,
  ) {}

  apply(frame: RawFrame, received: number): Outcome {
    // The candles themselves do not say whose they are.
    if (frame.topic !== `kline.${INTERVAL_SPELLING[this.interval]}.${this.symbol}`)
      throw wrongShape('the topic of a kline', frame.topic);
    const timestamp = countOf(frame.ts, 'ts');
    const { entries, withheld } = entriesOf(frame, (entry) => this.read(entry, timestamp));
    const messages: Message<Kline>[] = [];
    for (const candle of entries.sort((a, b) => a.openTime - b.openTime)) {
      if (!this.take(candle, timestamp, received)) continue;
      const message: Message<Kline> = { type: this.begun ? 'update' : 'snapshot', data: candle, timestamp, received };
      messages.push(candle.confirmed ? { ...message, closed: true } : message);
      this.begun = true;
    }
    return withheld.length === 0 ? { messages } : { messages, withheld };
  }

  snapshot(): Message<Kline> | undefined {
    if (this.last === undefined) return undefined;
    const { candle, timestamp, received } = this.last;
    return { type: 'snapshot', data: candle, timestamp, received };
  }

  reset(): void {
    this.last = undefined;
    this.begun = false;
  }

  /** Whether the candle is news; the newest one is kept. */
  private take(candle: Kline, timestamp: number, received: number): boolean {
    const held = this.last?.candle.openTime ?? -1;
    if (candle.openTime <= this.closedUpTo) {
      // After a reset this is the newest state there is, though everybody has heard it.
      if (held < 0 && candle.confirmed && candle.openTime === this.closedUpTo) this.last = { candle, timestamp, received };
      return false;
    }
    const newest = candle.openTime >= held;
    if (newest) this.last = { candle, timestamp, received };
    if (candle.confirmed) this.closedUpTo = candle.openTime;
    return newest || candle.confirmed;
  }

  private read(entry: unknown, timestamp: number): Kline {
    const fields = fieldsOf(entry, 'a candle');
    if (fields['interval'] !== INTERVAL_SPELLING[this.interval]) throw wrongShape('the interval of a candle', fields['interval']);
    if (typeof fields['confirm'] !== 'boolean') throw wrongShape('confirm', fields['confirm']);
    const candle: Kline = {
      symbol: this.symbol,
      interval: this.interval,
      openTime: countOf(fields['start'], 'start'),
      closeTime: countOf(fields['end'], 'end'),
      open: amountOf(fields['open'], 'open'),
      high: amountOf(fields['high'], 'high'),
      low: amountOf(fields['low'], 'low'),
      close: amountOf(fields['close'], 'close'),
      volume: signedOf(fields['volume'], 'volume'),
      turnover: signedOf(fields['turnover'], 'turnover'),
      confirmed: fields['confirm'],
    };
    checkCandle(candle, this.interval, timestamp);
    return candle;
  }
}

/** A negative one is a bad candle, not a bad shape. */
function signedOf(value: unknown, what: string): string {
  if (typeof value !== 'string' || !isDecimal(value)) throw wrongShape(what, value);
  return value;
}
