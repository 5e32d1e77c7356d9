import { EXCHANGE_MARKETS, fullName, MARKETS } from '../streams/stream';
import type { StreamAudience } from '../subscriptions/hub';
import type { StreamStatus } from '../pubsub/status';
import type { StreamsView, StreamView, SymbolsQuery, SymbolsView, SymbolView } from './api';
import { standing } from './standing';

/** Where the symbols are known. */
export interface SymbolLists {
  /** Keys begin with the market: `futures`, `option.BTC`. */
  lists(): Iterable<{ readonly key: string; readonly symbols: readonly string[] }>;
}

/** Symbols that can be subscribed to, by market and name. Empty for a market whose list could not be had yet. */
export function symbolsView(directory: SymbolLists, { market, query = '' }: SymbolsQuery): SymbolsView {
  const symbols: SymbolView[] = [];
  for (const list of directory.lists()) {
    const of = EXCHANGE_MARKETS.find((known) => list.key === known || list.key.startsWith(`${known}.`));
    if (!of || (market !== undefined && of !== market)) continue;
    for (const symbol of list.symbols) if (symbol.includes(query)) symbols.push({ symbol, market: of });
  }
  symbols.sort((a, b) => rankOf(a) - rankOf(b) || (a.symbol < b.symbol ? -1 : 1));
  return { symbols, total: symbols.length };
}

/** Streams with listeners, by name, and how each stands; those who count the same stream are added up. */
export function streamsView(
  brand: string,
  audiences: Iterable<StreamAudience>,
  statusOf: (stream: string) => StreamStatus | undefined,
): StreamsView {
  const byName = new Map<string, StreamAudience>();
  for (const audience of audiences) {
    const { stream } = audience;
    const known = byName.get(stream);
    if (!known) byName.set(stream, audience);
    else {
      const newer = known.seq >= audience.seq ? known : audience;
      byName.set(stream, { ...newer, subscribers: known.subscribers + audience.subscribers });
    }
  }
  const streams = [...byName.values()]
    .sort((a, b) => (a.stream < b.stream ? -1 : 1))
    .map((audience) => ({
      ...viewOf(brand, audience),
      ...standing(statusOf(audience.stream)),
    }));
  return { streams, total: streams.length };
}

function viewOf(
  brand: string,
  { stream, subscribers, seq, receivedAt }: StreamAudience,
): Omit<StreamView, 'state' | 'state_reason'> {
  return {
    stream: fullName(brand, { name: stream }),
    market: MARKETS.find((market) => stream.startsWith(`${market}.`)) ?? 'futures',
    subscribers,
    seq: seq === 0 ? null : seq,
    last_update_at: receivedAt === 0 ? null : new Date(receivedAt).toISOString(),
  };
}

function rankOf({ market }: SymbolView): number {
  return EXCHANGE_MARKETS.indexOf(market);
}
