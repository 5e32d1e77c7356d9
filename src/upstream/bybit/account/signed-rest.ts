import type { Clock } from '../../../clock/clock';
import type { FetchJson } from '../../rest';
import { RestError } from '../../rest';
import { AccountError } from './account-error';
import type { BybitCredentials } from './credentials';
import type { ServerTime } from './server-time';

/** The exchange asks for this long a silence when it limits an address; the limit of an account is over much sooner. */
const ADDRESS_LIMITED_MS = 10 * 60_000;
const ACCOUNT_LIMITED_MS = 10_000;

/** The signature's time is outside of what the exchange accepts. */
const WRONG_TIME = 10002;
const LIMITED = 10006;

/** What the exchange says of a key that it does not take. */
const CREDENTIALS = new Map<unknown, string>([
  [10003, 'the exchange refused the API key: it does not know it'],
  [10004, 'the exchange refused the API key: wrong signature, so the secret is another one'],
  [10005, 'the exchange refused the API key: it may not read the account'],
  [10010, 'the exchange refused the API key: it may not be used from this address'],
  [33004, 'the exchange refused the API key: it has expired'],
]);

export type Parameters = Readonly<Record<string, string | number>>;

/** What was asked for, and the cursor of what follows: "" at the end. */
export interface Page {
  readonly list: readonly unknown[];
  readonly cursor: string;
  /** When the exchange answered, ms. */
  readonly time: number;
}

export interface SignedRestDeps {
  readonly restUrl: string;
  readonly credentials: BybitCredentials;
  readonly time: ServerTime;
  readonly fetchJson: FetchJson;
  readonly clock: Clock;
}

/** Signed GET calls. A refused signature's time is measured anew once; an address that is limited calls no more for a while. */
export class SignedRest {
  private limitedUntil = 0;

  constructor(private readonly deps: SignedRestDeps) {}

  /**
   * One page of a list. Rejects with an {@link AccountError}.
   * @param cursor of the page before, which is sent as it was given
   */
  async get(path: string, parameters: Parameters, cursor = ''): Promise<Page> {
    const pairs = Object.entries(parameters).map(([name, value]) => `${name}=${encodeURIComponent(value)}`);
    if (cursor !== '') pairs.push(`cursor=${cursor}`);
    const query = pairs.join('&');
    await this.knowTime();
    let answer = await this.call(path, query);
    if (answer.retCode === WRONG_TIME) {
      this.deps.time.doubt();
      await this.knowTime();
      answer = await this.call(path, query);
    }
    return pageOf(path, answer, () => this.limit(ACCOUNT_LIMITED_MS));
  }

  /** Without a measurement the machine's own clock is tried: it may well be right. */
  private async knowTime(): Promise<void> {
    const { time } = this.deps;
    if (time.fresh) return;
    await time.measure().catch((error: unknown) => {
      if (!(error instanceof RestError)) throw error;
    });
  }

  private async call(path: string, query: string): Promise<Answer> {
    const { restUrl, credentials, time, fetchJson, clock } = this.deps;
    if (clock.monotonic() < this.limitedUntil) throw new AccountError('limited', 'the exchange limits our calls; waiting');
    try {
      const answer = await fetchJson(`${restUrl}${path}?${query}`, credentials.headers(time.now(), query));
      if (typeof answer === 'object' && answer !== null) return answer;
    } catch (error) {
      if (!(error instanceof RestError)) throw new AccountError('unreachable', `no JSON from ${path}`);
      if (error.status === 401) throw new AccountError('refused', 'the exchange refused the API key');
      if (error.limited) this.limit(ADDRESS_LIMITED_MS);
      throw new AccountError(error.limited ? 'limited' : 'unreachable', error.message, { cause: error });
    }
    throw new AccountError('unreachable', `the answer of ${path} is not an object`);
  }

  private limit(ms: number): void {
    this.limitedUntil = this.deps.clock.monotonic() + ms;
  }
}

interface Answer {
  readonly retCode?: unknown;
  readonly retMsg?: unknown;
  readonly result?: { readonly list?: unknown; readonly nextPageCursor?: unknown } | null;
  readonly time?: unknown;
}

function pageOf(path: string, { retCode, retMsg, result, time }: Answer, limit: () => void): Page {
  const refusal = CREDENTIALS.get(retCode);
  if (refusal !== undefined) throw new AccountError('refused', refusal);
  if (retCode === LIMITED) {
    limit();
    throw new AccountError('limited', `the exchange limits our calls of ${path}`);
  }
  if (retCode === WRONG_TIME) throw new AccountError('unreachable', 'the exchange finds our clock wrong');
  const words = `${path}: retCode ${shown(retCode)}: ${shown(retMsg)}`;
  if (retCode !== 0) throw new AccountError('rejected', words);
  const list = result?.list;
  if (!Array.isArray(list)) throw new AccountError('unreachable', `the answer of ${path} has no list`);
  const cursor = result?.nextPageCursor;
  return { list, cursor: typeof cursor === 'string' ? cursor : '', time: Number(time) || 0 };
}

/** What the exchange says, bounded because it goes into logs and to who asked. */
function shown(value: unknown): string {
  return (typeof value === 'string' || typeof value === 'number' ? String(value) : 'nothing').slice(0, 120);
}
