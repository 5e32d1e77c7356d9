import {
  ApiError,
  ServicesApi,
  type ApiErrorCode,
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
} from '../services/api';
import { servicesUnavailable } from '../services/failures';
import { NoAnswer, type Calls } from './calls';

/** Longer than the primary may wait for the database and the exchange, without the time for the latter's answer to a subscription. */
const WITHIN_MS = 15_000;

/** One call, as it travels. */
interface Asked {
  readonly method: keyof ServicesApi;
  readonly argument: unknown;
}

type Answered =
  | { readonly answer: unknown }
  | { readonly refusal: { readonly code: ApiErrorCode; readonly message: string; readonly details: unknown } };

/** The primary's side: what a worker asks is done here, and a refusal travels like an answer. */
export async function answerCall(services: ServicesApi, { method, argument }: Asked): Promise<Answered> {
  try {
    const call = services[method].bind(services) as (argument: unknown) => Promise<unknown>;
    return { answer: await call(argument) };
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    const { code, message, details } = error;
    return { refusal: { code, message, details } };
  }
}

/** What back-end services may do, asked of the primary. */
export class ServicesElsewhere implements ServicesApi {
  /** @param subscribeTimeoutMs how long the exchange may take to answer */
  constructor(
    private readonly primary: Pick<Calls, 'ask'>,
    private readonly subscribeTimeoutMs: number,
  ) {}

  subscribe(request: SubscribeRequest): Promise<SubscriptionView> {
    return this.ask('subscribe', request, WITHIN_MS + this.subscribeTimeoutMs);
  }

  subscriptions(query: SubscriptionsQuery): Promise<SubscriptionsView> {
    return this.ask('subscriptions', query);
  }

  subscription(id: string): Promise<SubscriptionView> {
    return this.ask('subscription', id);
  }

  cancel(id: string): Promise<CancelView> {
    return this.ask('cancel', id);
  }

  cancelByService(service: string): Promise<CancelByServiceView> {
    return this.ask('cancelByService', service);
  }

  balances(query: BalancesQuery): Promise<BalancesView> {
    return this.ask('balances', query);
  }

  balanceHistory(query: BalanceHistoryQuery): Promise<BalanceHistoryView> {
    return this.ask('balanceHistory', query);
  }

  syncBalances(): Promise<BalanceSyncView> {
    return this.ask('syncBalances', null);
  }

  symbols(query: SymbolsQuery): Promise<SymbolsView> {
    return this.ask('symbols', query);
  }

  streams(): Promise<StreamsView> {
    return this.ask('streams', null);
  }

  private async ask<Answer>(method: keyof ServicesApi, argument: unknown, withinMs = WITHIN_MS): Promise<Answer> {
    let answered: Answered;
    try {
      answered = await this.primary.ask<Answered>('services', { method, argument } satisfies Asked, withinMs);
    } catch (error) {
      if (!(error instanceof NoAnswer)) throw error;
      throw servicesUnavailable();
    }
    if ('answer' in answered) return answered.answer as Answer;
    const { code, message, details } = answered.refusal;
    throw new ApiError(code, message, details);
  }
}
