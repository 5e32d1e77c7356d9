import type { ApiKey } from '../api-key';
import type { Fields } from '../command-fields';
import type { ExchangeTime } from '../push-schedule';
import { RestError, restAnswer } from '../rest-answer';
import type { Account } from './account';
import type { AccountFaults } from './account-faults';
import type { AccountQueries } from './account-queries';
import { checkRequest, type SignedRequest } from './request-signature';

type Route = (query: URLSearchParams, body: Fields) => object;

/** The signed calls about the account. */
export class AccountRest {
  private readonly routes: Readonly<Record<string, Route>>;

  constructor(
    account: Account,
    queries: AccountQueries,
    private readonly apiKey: ApiKey,
    private readonly faults: AccountFaults,
    private readonly time: ExchangeTime,
  ) {
    this.routes = {
      'GET /v5/account/wallet-balance': (query) => queries.balance(query),
      'GET /v5/position/list': (query) => queries.positions(query),
      'GET /v5/order/realtime': (query) => queries.orders(query),
      'GET /v5/order/history': (query) => queries.history(query),
      'GET /v5/execution/list': (query) => queries.executions(query),
      'POST /v5/order/create': (_, body) => account.create(body),
      'POST /v5/order/amend': (_, body) => account.amend(body),
      'POST /v5/order/cancel': (_, body) => account.cancel(body),
      'POST /v5/order/cancel-all': (_, body) => account.cancelAll(body),
      'POST /v5/position/switch-mode': (_, body) => account.switchMode(body),
    };
  }

  /** The envelope for a call, or undefined when there is no such call. */
  answer(call: string, query: URLSearchParams, request: SignedRequest): object | undefined {
    const route = Object.hasOwn(this.routes, call) ? this.routes[call] : undefined;
    if (!route) return undefined;
    const now = this.time.now();
    return restAnswer(now, () => {
      checkRequest(request, this.faults.refusesAuth ? undefined : this.apiKey, now);
      if (this.faults.takeRateLimit()) throw new RestError(10006, 'Too many visits. Exceeded the API Rate Limit.');
      return route(query, call.startsWith('POST') ? bodyOf(request.payload) : {});
    });
  }
}

function bodyOf(text: string): Fields {
  let body: unknown;
  try {
    body = JSON.parse(text);
  } catch {
    throw new RestError(10001, 'params error: the body is not JSON');
  }
  if (typeof body !== 'object' || body === null || Array.isArray(body))
    throw new RestError(10001, 'params error: the body is not an object');
  return body as Fields;
}
