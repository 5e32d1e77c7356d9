import { FinalTexts } from '../load/ticker-texts';
import { microseconds } from '../load/stamp';
import { symbolsOf } from '../fanout/audience';
import type { Message, Ticker } from '../../src/streams/message';
import { streamOf, type MarketStream } from '../../src/streams/stream';

/** Of what the publisher and the listeners name their streams alike. */
export const BRAND = 'mudrex';

/** The streams of the case `mixed`. */
export const TICKERS: readonly MarketStream[] = symbolsOf(100).map((symbol) => streamOf('futures', { kind: 'ticker' }, symbol));

const CONTENT = new Map(TICKERS.map(({ name, symbol }) => [name, contentOf(symbol)]));

/** What every message of a stream says beside its stamp: that of the fan-out cases, 365 bytes with what surrounds it. */
function contentOf(symbol: string): Ticker {
  return (JSON.parse(new FinalTexts(symbol, 'small').next()) as { data: Ticker }).data;
}

/** The message that is due now, which says so in microseconds. */
export function tickerNow(stream: MarketStream): Message<Ticker> {
  const now = Date.now();
  const data = { ...(CONTENT.get(stream.name) as Ticker), turnover24h: String(microseconds()) };
  return { type: 'update', data, timestamp: now, received: now };
}
