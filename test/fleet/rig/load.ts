import { FleetClient } from './fleet-client';
import { SharedFrames } from './shared-frames';

export const LOADS = ['idle', 'load', 'snapshot'] as const;
export type Load = (typeof LOADS)[number];

/** What happens at the exchange and at the clients while something fails. */
export interface LoadShape {
  /** Frames per second of the exchange over all topics; 0: each topic's own pace. */
  readonly rate: number;
  readonly symbols: readonly string[];
  /** Per replica. */
  readonly clients: number;
  /** Streams of one client. */
  readonly streams: number;
  /** Deep books, asked for by a crowd at the moment of the fault. */
  readonly depths: readonly number[];
}

export const SHAPES: Readonly<Record<Load, LoadShape>> = {
  idle: { rate: 0, symbols: ['BTCUSDT'], clients: 3, streams: 4, depths: [50] },
  load: { rate: 500, symbols: ['BTCUSDT', 'ETHUSDT', 'SOLUSDT', 'XRPUSDT', 'ADAUSDT'], clients: 15, streams: 6, depths: [50] },
  snapshot: { rate: 100, symbols: ['BTCUSDT', 'ETHUSDT', 'SOLUSDT'], clients: 3, streams: 6, depths: [50, 200, 1000] },
};

/** Topics of the exchange that the shape's streams are made from. */
export function topicsOf({ symbols, depths }: LoadShape): string[] {
  return symbols.flatMap((symbol) => [
    `tickers.${symbol}`,
    `publicTrade.${symbol}`,
    `kline.1.${symbol}`,
    ...depths.map((depth) => `orderbook.${depth}.${symbol}`),
  ]);
}

/** Args of all streams of the shape, the same symbol's beside each other. */
export function argsOf({ symbols, depths }: LoadShape): string[] {
  return symbols.flatMap((symbol) => [
    `trade:${symbol}`,
    ...depths.map((depth) => `orderbook:${depth}:${symbol}`),
    `ticker:${symbol}`,
    `kline:1m:${symbol}`,
  ]);
}

/** Clients of a fleet, spread evenly over its replicas, whose logs are kept. */
export class Crowd {
  readonly clients: FleetClient[] = [];
  private readonly frames = new SharedFrames();

  constructor(
    private readonly urls: readonly string[],
    private readonly args: readonly string[],
    private readonly random: () => number,
  ) {}

  /** The clients that are connected to a replica, or try it. */
  at(replica: number): FleetClient[] {
    return this.clients.filter((client) => (client.place + this.offsetOf(client)) % this.urls.length === replica);
  }

  /** @param streams of each, taken in turn, so that every stream has clients on every replica */
  join(count: number, streams: number): FleetClient[] {
    const joined = Array.from({ length: count }, () => {
      const nth = this.clients.length;
      const offset = nth % this.urls.length;
      const first = Math.floor(nth / this.urls.length) * streams;
      const args = Array.from(
        { length: Math.min(streams, this.args.length) },
        (_, i) => this.args[(first + i) % this.args.length] ?? '',
      );
      const client = new FleetClient({
        name: `client ${nth + 1}`,
        args,
        urls: [...this.urls.slice(offset), ...this.urls.slice(0, offset)],
        frames: this.frames,
        random: this.random,
        now: () => performance.now(),
      });
      this.clients.push(client);
      return client;
    });
    for (const client of joined) client.start();
    return joined;
  }

  /** Whether every client has had data of so many streams since then. */
  heardSince(at: number, streams: number): boolean {
    return this.clients.every(({ lastData }) => [...lastData.values()].filter((last) => last >= at).length >= streams);
  }

  stop(): void {
    for (const client of this.clients) client.stop();
  }

  private offsetOf(client: FleetClient): number {
    return this.clients.indexOf(client) % this.urls.length;
  }
}
