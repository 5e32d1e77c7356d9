import { microseconds } from './stamp';

/** About 365 bytes to a client, or every field of a futures ticker: about 620. */
export type TickerSize = 'small' | 'whole';

/** Bybit's names and ours of the fields besides symbol and turnover; quotes stand apart. */
const SMALL = [
  ['lastPrice', 'price', '80682.00'],
  ['markPrice', 'markPrice', '80687.21'],
  ['highPrice24h', 'high24h', '82276.60'],
  ['lowPrice24h', 'low24h', '77062.10'],
] as const;
const WHOLE = [
  ...SMALL.slice(0, 2),
  ['indexPrice', 'indexPrice', '80721.64'],
  ...SMALL.slice(2),
  ['prevPrice24h', 'prevPrice24h', '77465.20'],
  ['volume24h', 'volume24h', '96056.1840'],
] as const;
const BEHIND = [
  ['openInterest', 'openInterest', '59139.99'],
  ['openInterestValue', 'openInterestValue', '4771840792.53'],
  ['fundingRate', 'fundingRate', '0.00006373'],
  ['nextFundingTime', 'nextFundingTime', '1788508800000'],
] as const;

/** The exchange's first frame of a topic: everything the ticker will ever hold. */
export function exchangeSnapshot(symbol: string, size: TickerSize): string {
  const data: Record<string, string> = { symbol };
  for (const [theirs, , value] of size === 'small' ? SMALL : [...WHOLE, ...BEHIND]) data[theirs] = value;
  if (size === 'whole') Object.assign(data, { price24hPcnt: '0.041525', tickDirection: 'ZeroPlusTick' });
  Object.assign(data, { turnover24h: '0', bid1Price: '80681.90', bid1Size: '3.684', ask1Price: '80682.00', ask1Size: '0.588' });
  return JSON.stringify({ topic: `tickers.${symbol}`, type: 'snapshot', data, cs: 1, ts: Date.now() });
}

/** What the exchange sends then: what changed, here the time of sending and the bid. */
export function exchangeDelta(symbol: string): string {
  return `{"topic":"tickers.${symbol}","type":"delta","data":{"symbol":"${symbol}","turnover24h":"${microseconds()}","bid1Price":"80681.90","bid1Size":"3.699"},"cs":2,"ts":${Date.now()}}`;
}

/** The same message as the gateway's clients get it, to the byte: what peers only have to pass on. */
export class FinalTexts {
  private readonly before: string;
  private readonly behind: string;
  private seq = 0;

  constructor(symbol: string, size: TickerSize) {
    const texts = (rows: readonly (readonly [string, string, string])[]) =>
      rows.map(([, ours, value]) => `,"${ours}":"${value}"`).join('');
    this.before = `"data":{"symbol":"${symbol}"${texts(size === 'small' ? SMALL : WHOLE)},"turnover24h":"`;
    const rest = size === 'small' ? '' : ',"change24hPercent":"4.15","tickDirection":"ZeroPlusTick"';
    const quotes = ',"bid":{"price":"80681.90","size":"3.699"},"ask":{"price":"80682.00","size":"0.588"}';
    this.behind = `"${rest}${quotes}${size === 'small' ? '' : texts(BEHIND)}},"timestamp":`;
    this.head = `{"stream":"mudrex.futures.ticker.${symbol}","type":"update","seq":`;
  }

  private readonly head: string;

  next(): string {
    const now = Date.now();
    return `${this.head}${++this.seq},${this.before}${microseconds()}${this.behind}${now},"received":${now},"source":"mudrex"}`;
  }
}
