import type { Clock } from '../clock/clock';
import type { Position, Recovery } from '../pubsub/publication';
import type { Listening, StreamListener } from '../pubsub/pubsub';
import type { MarketStatus, StreamStatus } from '../pubsub/status';
import { parseStreamName } from '../streams/arg';
import type { Market, Rate } from '../streams/stream';
import { RatedStream } from './rated-stream';

const RATE_MS: Record<Rate, number> = {
  '100ms': 100,
  '250ms': 250,
  '500ms': 500,
  '1s': 1000,
  '2s': 2000,
  '5s': 5000,
  '10s': 10_000,
};

/**
 * Derives streams with a rate (`futures.ticker.BTCUSDT@1s`) from those without, here on the listeners' side: the publisher never
 * hears of them. All other streams pass through.
 */
export class RatedListening implements Listening {
  private readonly rated = new Map<string, RatedStream>();
  private epochs = 0;

  /** @param boot makes epochs of this process differ from those of any other; letters, digits, dots and dashes only */
  constructor(
    private readonly base: Listening,
    private readonly brand: string,
    private readonly clock: Clock,
    private readonly boot: string,
  ) {}

  subscribe(stream: string, listener: StreamListener): void {
    const known = this.rated.get(stream);
    if (known) known.add(listener);
    else if (!this.derive(stream, listener)) this.base.subscribe(stream, listener);
  }

  unsubscribe(stream: string, listener: StreamListener): void {
    const rated = this.rated.get(stream);
    if (!rated) {
      this.base.unsubscribe(stream, listener);
      return;
    }
    if (!rated.remove(listener)) return;
    this.rated.delete(stream);
    rated.stop();
  }

  streamStatus(stream: string): StreamStatus | undefined {
    return this.base.streamStatus(baseOf(stream));
  }

  marketStatus(market: Market): MarketStatus | undefined {
    return this.base.marketStatus(market);
  }

  onMarketStatus(listener: (status: MarketStatus) => void): void {
    this.base.onMarketStatus(listener);
  }

  recover(stream: string, since?: Position): Recovery | Promise<Recovery> {
    return this.rated.get(stream)?.recover() ?? this.base.recover(stream, since);
  }

  private derive(name: string, listener: StreamListener): boolean {
    const base = baseOf(name);
    const stream = base === name ? undefined : parseStreamName(name);
    if (!stream?.rate) return false;
    const { brand, clock } = this;
    const rated = new RatedStream(stream, base, RATE_MS[stream.rate], `${this.boot}.r${++this.epochs}`, {
      base: this.base,
      brand,
      clock,
    });
    // Known and heard before it begins: the exchange's answer may come during this call.
    this.rated.set(name, rated);
    rated.add(listener);
    rated.start();
    return true;
  }
}

/** The name of the stream that this one is derived from; its own, when it has no rate. */
function baseOf(name: string): string {
  const at = name.indexOf('@');
  return at < 0 ? name : name.slice(0, at);
}
