import type { MarketStream } from '../../streams/stream';
import { INTERVAL_SPELLING } from '../../transform/bybit/interval-spelling';
import type { RawFrame } from '../../transform/transform';
import { RestError } from '../rest';
import type { FetchJson } from '../rest';
import { restResult } from './rest-result';
import { categoryOf, topicOf } from './topics';

export type KlineStream = Extract<MarketStream, { kind: 'kline' }>;

/** The most that one call answers; 16 hours of 1-minute candles. What is older stays missing. */
const MAX_CANDLES = 1_000;

/**
 * Closed candles from `since` on (ms), as the frame that the exchange would have sent for them; undefined when there are none.
 * Rejects with a {@link RestError}.
 */
export async function fetchClosedCandles(
  fetchJson: FetchJson,
  restUrl: string,
  stream: KlineStream,
  since: number,
): Promise<RawFrame | undefined> {
  const interval = INTERVAL_SPELLING[stream.interval];
  const query = new URLSearchParams({
    category: categoryOf(stream.market),
    symbol: stream.symbol,
    interval,
    start: String(since),
    limit: String(MAX_CANDLES),
  });
  const { list, time } = restResult(await fetchJson(`${restUrl.replace(/\/+$/, '')}/v5/market/kline?${query.toString()}`));
  const data: object[] = [];
  // Newest first. The newest one may still be open, and live data says when it closes; a candle ends where the next begins.
  let next = startOf(list[0]);
  for (const entry of list.slice(1)) {
    const start = startOf(entry);
    const [, open, high, low, close, volume, turnover] = entry as unknown[];
    data.push({ start, end: next - 1, interval, open, high, low, close, volume, turnover, confirm: true, timestamp: next - 1 });
    next = start;
  }
  return data.length === 0 ? undefined : { topic: topicOf(stream), type: 'snapshot', ts: time, data: data.reverse() };
}

function startOf(entry: unknown): number {
  const start = Array.isArray(entry) ? Number(entry[0]) : NaN;
  if (entry !== undefined && !Number.isSafeInteger(start)) throw new RestError('the answer has a candle without a start');
  return start;
}
