import type { Clock } from '../clock/clock';
import { isRefusal, type StreamStatus } from '../pubsub/status';
import { StoreUnavailable, type ServiceSubscription, type Store } from '../store/store';
import { isAccountChannel } from '../streams/event-type';
import type { ExchangeMarket, Stream } from '../streams/stream';
import type { SymbolDirectory } from '../streams/symbol-directory';
import type { Hub } from '../subscriptions/hub';
import type { Membership } from '../subscriptions/membership';
import type { Sink } from '../subscriptions/sink';
import type {
  CancelByServiceView,
  CancelView,
  SubscribeRequest,
  SubscriptionsQuery,
  SubscriptionsView,
  SubscriptionView,
} from './api';
import {
  accountNotConfigured,
  exchangeRejected,
  storeUnavailable,
  subscriptionExists,
  subscriptionNotFound,
  unknownSymbol,
} from './failures';
import { SILENT } from './forwarded-topic';
import { requestedTopic, streamOfTopic } from './service-topic';
import { standing } from './standing';

/** How long the replica that took a subscription listens itself: longer than the one on duty takes to notice. */
const HAND_OVER_MS = 3000;

export interface SubscribingServicesOptions {
  readonly brand: string;
  readonly markets: ReadonlySet<ExchangeMarket>;
  /** How long the exchange may take to answer before a subscription is taken without its answer. */
  readonly timeoutMs: number;
  /** Whether there is an account to follow. */
  readonly account: boolean;
}

export interface SubscribingServicesDeps {
  readonly store: Pick<Store, 'subscriptions' | 'report'>;
  readonly hub: Pick<Hub, 'join' | 'streamStatus'>;
  readonly symbols: Pick<SymbolDirectory, 'look'>;
  /** Serves what is wanted now: the subscriptions have changed. */
  readonly keeper: { refresh(): Promise<void> };
  readonly clock: Pick<Clock, 'after'>;
}

const NOBODY: Sink = { ...SILENT, deliver: () => undefined };

/** What back-end services subscribe to. Rejects with an ApiError. */
export class SubscribingServices {
  constructor(
    private readonly options: SubscribingServicesOptions,
    private readonly deps: SubscribingServicesDeps,
  ) {}

  /** Takes a subscription when the exchange takes its topic, or does not answer in time: it will be asked again until it does. */
  async subscribe(request: SubscribeRequest): Promise<SubscriptionView> {
    const { topic, stream } = requestedTopic(request, this.options.brand, this.options.markets);
    this.check(request, stream);
    const { store } = this.deps;
    // Who cannot be remembered need not be asked for.
    if (!store.report().available) throw storeUnavailable();
    const membership = this.listen(stream);
    try {
      const answer = membership && (await this.answer(membership));
      if (isRefusal(answer)) throw exchangeRejected(topic, answer.reason);
      const added = await kept(
        store.subscriptions.add({
          channelType: request.channel_type,
          symbol: stream.market === 'account' ? null : stream.symbol,
          market: stream.market,
          topic,
          requestingService: request.requesting_service,
        }),
      );
      if (added === 'exists') throw subscriptionExists(request.requesting_service, topic);
      await this.deps.keeper.refresh();
      return this.viewOf(added);
    } finally {
      if (membership) this.deps.clock.after(HAND_OVER_MS, () => membership.leave());
    }
  }

  async list({ limit, offset, ...query }: SubscriptionsQuery): Promise<SubscriptionsView> {
    const filter = { requestingService: query.requesting_service, isActive: query.is_active, channelType: query.channel_type };
    const { subscriptions, total } = await kept(this.deps.store.subscriptions.list(filter, { limit, offset }));
    return { subscriptions: subscriptions.map((subscription) => this.viewOf(subscription)), total };
  }

  async find(id: string): Promise<SubscriptionView> {
    const subscription = await kept(this.deps.store.subscriptions.find(id));
    if (!subscription) throw subscriptionNotFound(id);
    return this.viewOf(subscription);
  }

  /**
   * When it answers on duty, the exchange is asked nothing more for this subscription, though somebody else may still need its topic. On
   * another replica that is so when the one on duty has looked, within a second.
   */
  async cancel(id: string): Promise<CancelView> {
    const cancelled = await kept(this.deps.store.subscriptions.cancel(id));
    if (!cancelled) throw subscriptionNotFound(id);
    await this.deps.keeper.refresh();
    return { message: `${cancelled.requestingService} has no subscription to ${cancelled.topic} any more.`, subscription_id: id };
  }

  async cancelAllOf(service: string): Promise<CancelByServiceView> {
    const cancelled = await kept(this.deps.store.subscriptions.cancelAllOf(service));
    await this.deps.keeper.refresh();
    return { message: `${service} has no subscriptions any more.`, cancelled_count: cancelled.length };
  }

  private check(request: SubscribeRequest, stream: Stream): void {
    if (stream.market === 'account') {
      if (this.options.account || !isAccountChannel(request.channel_type)) return;
      throw accountNotConfigured();
    }
    const answer = this.deps.symbols.look(stream.market, stream.symbol);
    if (!answer.known) throw unknownSymbol(stream.market, stream.symbol, answer.nearest);
  }

  /** The account's streams are listened to in any case, and by the replica on duty alone. */
  private listen(stream: Stream): Membership | undefined {
    return stream.market === 'account' ? undefined : this.deps.hub.join(stream, NOBODY);
  }

  /** Undefined when the exchange has not answered in time. */
  private answer(membership: Membership): Promise<StreamStatus | undefined> {
    const known = membership.answer();
    if (known) return Promise.resolve(known);
    return new Promise((resolve) => {
      const late = this.deps.clock.after(this.options.timeoutMs, () => resolve(undefined));
      void membership.accepted().then((status) => {
        late.cancel();
        resolve(status);
      });
    });
  }

  private viewOf(subscription: ServiceSubscription): SubscriptionView {
    const { id, channelType, symbol, market, topic, requestingService, isActive, createdAt, updatedAt, lastEventAt } =
      subscription;
    const stream = isActive ? streamOfTopic(topic, channelType) : undefined;
    return {
      id,
      channel_type: channelType,
      symbol,
      market,
      topic,
      requesting_service: requestingService,
      is_active: isActive,
      ...standing(stream && this.deps.hub.streamStatus(stream.name)),
      created_at: new Date(createdAt).toISOString(),
      updated_at: new Date(updatedAt).toISOString(),
      last_event_at: lastEventAt === null ? null : new Date(lastEventAt).toISOString(),
    };
  }
}

/** What the store answers. @throws ApiError while it cannot be asked */
export async function kept<Answer>(asked: Promise<Answer>): Promise<Answer> {
  try {
    return await asked;
  } catch (error) {
    if (error instanceof StoreUnavailable) throw storeUnavailable();
    throw error;
  }
}
