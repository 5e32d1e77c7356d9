import type { SymbolMarket } from './symbol-market';
import { derivativeTicker, type TickerFields } from './ticker-fields';
import type { SnapshotFeed } from './topic-feed';

/** The exchange keeps a snapshot for newcomers and renews it after this many deltas. */
const CACHED_DELTAS = 12;
/** Deltas that a newcomer finds when nobody listened before: 300 ms of market. */
const BURST = 3;

/** Fields that are sent together, even when only one of them changed. */
const TOGETHER: readonly (readonly string[])[] = [
  ['bid1Price', 'bid1Size'],
  ['ask1Price', 'ask1Size'],
  ['turnover24h', 'volume24h'],
];

/**
 * `tickers` of linear and inverse: one snapshot, then deltas of what changed. The snapshot a newcomer gets is a slightly old
 * one; the deltas since then follow in the same burst.
 */
export class TickerFeed implements SnapshotFeed {
  readonly periodMs = 100;
  private told: TickerFields = {};
  private cached = '';
  private since: string[] = [];
  private events = -1;

  constructor(
    private readonly market: SymbolMarket,
    private readonly topic: string,
  ) {}

  wake(now: number): void {
    this.renew(now - (BURST + 1) * this.periodMs);
    for (let i = BURST; i > 0; i--) {
      const then = now - i * this.periodMs;
      this.market.makerQuote(Math.min(then, this.market.changed));
      this.next(then);
    }
  }

  first(): string[] {
    return [this.cached, ...this.since];
  }

  next(now: number): string[] {
    if (this.market.events === this.events) return [];
    this.events = this.market.events;
    const fields = derivativeTicker(this.market, now);
    const data = tickerDelta(this.told, fields);
    if (!data) return [];
    this.told = fields;
    const frame = this.frame('delta', data, now);
    this.since.push(frame);
    if (this.since.length > CACHED_DELTAS) this.renew(now);
    return [frame];
  }

  stir(now: number): void {
    this.market.event(now);
  }

  unsolicitedSnapshot(now: number): string {
    this.renew(now);
    return this.cached;
  }

  private renew(now: number): void {
    this.told = derivativeTicker(this.market, now);
    this.cached = this.frame('snapshot', this.told, now);
    this.since = [];
    this.events = this.market.events;
  }

  private frame(type: 'snapshot' | 'delta', data: TickerFields, ts: number): string {
    return JSON.stringify({ topic: this.topic, type, data, cs: this.market.seq, ts });
  }
}

/** What changed, with the fields that the exchange never sends alone; undefined when nothing changed. */
export function tickerDelta(before: TickerFields, after: TickerFields): TickerFields | undefined {
  const wanted = new Set<string>();
  for (const name in after) if (after[name] !== before[name]) wanted.add(name);
  if (wanted.size === 0) return undefined;
  for (const pair of TOGETHER) if (pair.some((name) => wanted.has(name))) for (const name of pair) wanted.add(name);
  if (wanted.has('lastPrice')) wanted.add('price24hPcnt');
  if (wanted.has('markPrice')) wanted.add('openInterestValue').add('singleOpenInterestValue');
  const delta: Record<string, string> = { symbol: after['symbol'] ?? '' };
  for (const name in after) if (wanted.has(name)) delta[name] = after[name] ?? '';
  return delta;
}
