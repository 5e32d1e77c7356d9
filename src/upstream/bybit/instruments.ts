import type { FetchJson } from '../rest';
import { RestError } from '../rest';
import { restResult } from './rest-result';
import type { Category } from './topics';

/** More than Bybit needs (886 linear symbols in 2026, 1000 a page): an end to a cursor that goes round. */
const MAX_PAGES = 50;

/**
 * Symbols that trade now, of one category (of options: of one base coin). Spot answers everything at once and has no cursor; the
 * others are read page by page. Rejects with a {@link RestError}.
 */
export async function fetchSymbols(
  fetchJson: FetchJson,
  restUrl: string,
  category: Category,
  baseCoin?: string,
): Promise<string[]> {
  const symbols: string[] = [];
  let cursor = '';
  for (let page = 0; page < MAX_PAGES; page++) {
    const query = new URLSearchParams({ category, limit: '1000' });
    if (baseCoin !== undefined) query.set('baseCoin', baseCoin);
    if (cursor !== '') query.set('cursor', cursor);
    const result = restResult(await fetchJson(`${restUrl.replace(/\/+$/, '')}/v5/market/instruments-info?${query.toString()}`));
    for (const entry of result.list) {
      if (typeof entry === 'object' && entry !== null && 'symbol' in entry && typeof entry.symbol === 'string')
        symbols.push(entry.symbol);
    }
    const next = result['nextPageCursor'];
    if (typeof next !== 'string' || next === '' || next === cursor) return symbols;
    cursor = next;
  }
  throw new RestError(`instruments-info of ${category} has no end`);
}
