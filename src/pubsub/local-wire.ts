import { MARKETS } from '../streams/stream';
import type { InProcessPubSub } from './in-process';
import type { Position } from './publication';
import type { StreamListener } from './pubsub';
import type { MarketStatus } from './status';
import type { Found, Wire, WireListener } from './wire';

/** The wire of a process that is alone: what is published in it is heard during the call. It never breaks. */
export class LocalWire implements Wire {
  private readonly listening = new Map<string, StreamListener>();
  private listener: WireListener | undefined;

  constructor(private readonly pubsub: InProcessPubSub) {}

  hear(listener: WireListener): void {
    this.listener = listener;
    this.pubsub.onMarketStatus((status) => listener.marketStatus(status));
    this.pubsub.onEpoch((stream, epoch) => {
      if (!this.listening.has(stream)) return;
      if (epoch === undefined) listener.closed(stream);
      else listener.opened(stream, epoch);
    });
  }

  listen(stream: string): Promise<void> {
    if (!this.listening.has(stream)) {
      const heard: StreamListener = {
        publication: (publication) => this.listener?.publication(publication),
        status: (status) => this.listener?.status(stream, status),
      };
      this.listening.set(stream, heard);
      this.pubsub.subscribe(stream, heard);
    }
    return Promise.resolve();
  }

  unlisten(stream: string): void {
    const heard = this.listening.get(stream);
    if (!heard) return;
    this.listening.delete(stream);
    this.pubsub.unsubscribe(stream, heard);
  }

  async fetch(stream: string, since?: Position): Promise<Found> {
    const status = this.pubsub.streamStatus(stream);
    return { ...(await this.pubsub.recover(stream, since)), status };
  }

  fetchMarkets(): Promise<MarketStatus[]> {
    return Promise.resolve(MARKETS.flatMap((market) => this.pubsub.marketStatus(market) ?? []));
  }
}
