import { parseStreamName } from '../../streams/arg';
import type { Market } from '../../streams/stream';
import type { Demand } from '../pubsub';
import { marketIn } from '../market-in';
import { MarketGate, type MarketGateDeps, type MarketGateListener } from './market-gate';

/** How long a market that was given back may stay without a successor before there is none. Others ask at once when they are told. */
const HANDOVER_MS = 1_000;

export interface GateDeps extends MarketGateDeps {
  /** Of the whole fleet. */
  readonly demand: Pick<Demand, 'wanted' | 'onDemand'>;
}

/** What of the fleet's demand is ours to serve: the streams of the markets whose lease this replica holds. */
export class Gate {
  private readonly markets: ReadonlyMap<Market, MarketGate>;

  /** @param markets that this replica could serve */
  constructor(
    markets: readonly Market[],
    private readonly deps: GateDeps,
    listener: MarketGateListener,
  ) {
    this.markets = new Map(markets.map((market) => [market, new MarketGate(market, deps, listener)]));
  }

  /** Once, before the first {@link start}. */
  connect(): void {
    const { demand, publishing, store } = this.deps;
    demand.onDemand((stream, wanted) => this.demand(stream, wanted));
    for (const stream of demand.wanted()) this.demand(stream, true);
    publishing.onRefused((stream, why, detail) => this.of(stream)?.refused(stream, why, detail));
    publishing.onMarketFenced((market) => this.markets.get(market)?.taken());
    store.onReleased((market) => this.markets.get(market)?.released());
  }

  start(): void {
    for (const market of this.markets.values()) market.start();
  }

  /** As {@link MarketGate.stop}. */
  stop(): void {
    for (const market of this.markets.values()) market.stop();
  }

  /** Resolves when other replicas have taken over, when nobody wants anything, or when the time is up. */
  async leave(withinMs: number): Promise<void> {
    const left = Promise.all([...this.markets.values()].map((market) => market.leave()));
    await new Promise<void>((resolve) => {
      const deadline = this.deps.clock.after(Math.min(withinMs, HANDOVER_MS), resolve);
      void left.then(() => {
        deadline.cancel();
        resolve();
      });
    });
    this.stop();
  }

  closed(stream: string): void {
    this.of(stream)?.closed(stream);
  }

  holds(market: Market): boolean {
    return this.markets.get(market)?.held ?? false;
  }

  /** Per market, whether its upstream runs here, and how often it was taken over from another replica. */
  report(): { readonly market: Market; readonly held: boolean; readonly failovers: number }[] {
    return [...this.markets.values()].map(({ market, held, failovers }) => ({ market, held, failovers }));
  }

  *wanted(): Iterable<string> {
    for (const market of this.markets.values()) yield* market.wanted();
  }

  /** Others than the exchange's streams are not served by an upstream. */
  private demand(name: string, wanted: boolean): void {
    const stream = parseStreamName(name);
    if (stream && !stream.rate) this.markets.get(stream.market)?.demand(name, wanted);
  }

  private of(stream: string): MarketGate | undefined {
    return this.markets.get(marketIn(stream));
  }
}
