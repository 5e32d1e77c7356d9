import type { StreamStatus } from '../pubsub/status';
import type { StreamAudience } from '../subscriptions/hub';
import {
  ServicesApi,
  type BalanceHistoryQuery,
  type BalanceHistoryView,
  type BalancesQuery,
  type BalancesView,
  type BalanceSyncView,
  type CancelByServiceView,
  type CancelView,
  type StreamsView,
  type SubscribeRequest,
  type SubscriptionsQuery,
  type SubscriptionsView,
  type SubscriptionView,
  type SymbolsQuery,
  type SymbolsView,
} from './api';
import type { Balances } from './balances';
import { streamsView, symbolsView, type SymbolLists } from './lists';
import type { SubscribingServices } from './subscribing-services';

export interface LocalServicesParts {
  readonly brand: string;
  readonly subscribing: SubscribingServices;
  readonly balances: Balances;
  readonly symbols: SymbolLists;
  /** WebSocket clients of this port, and services: who listens to what. */
  readonly audiences: () => Promise<Iterable<StreamAudience>>;
  /** How a stream stands with the exchange; undefined where nobody listens to it here. */
  readonly statusOf: (stream: string) => StreamStatus | undefined;
}

/** What back-end services may do, done in this process. */
export class LocalServices implements ServicesApi {
  constructor(private readonly parts: LocalServicesParts) {}

  subscribe(request: SubscribeRequest): Promise<SubscriptionView> {
    return this.parts.subscribing.subscribe(request);
  }

  subscriptions(query: SubscriptionsQuery): Promise<SubscriptionsView> {
    return this.parts.subscribing.list(query);
  }

  subscription(id: string): Promise<SubscriptionView> {
    return this.parts.subscribing.find(id);
  }

  cancel(id: string): Promise<CancelView> {
    return this.parts.subscribing.cancel(id);
  }

  cancelByService(service: string): Promise<CancelByServiceView> {
    return this.parts.subscribing.cancelAllOf(service);
  }

  balances(query: BalancesQuery): Promise<BalancesView> {
    return this.parts.balances.latest(query);
  }

  balanceHistory(query: BalanceHistoryQuery): Promise<BalanceHistoryView> {
    return this.parts.balances.history(query);
  }

  syncBalances(): Promise<BalanceSyncView> {
    return this.parts.balances.sync();
  }

  symbols(query: SymbolsQuery): Promise<SymbolsView> {
    return Promise.resolve(symbolsView(this.parts.symbols, query));
  }

  async streams(): Promise<StreamsView> {
    return streamsView(this.parts.brand, await this.parts.audiences(), this.parts.statusOf);
  }
}
