import { createHash, createHmac } from 'node:crypto';
import { inspect } from 'node:util';

const HIDDEN = '[credentials]';

/** How long a signed request may be under way, ms. */
const RECV_WINDOW = '5000';

/** The key of the platform's own account. It signs, and shows itself to nobody: not in JSON, not in a log, not when inspected. */
export class BybitCredentials {
  readonly #key: string;
  readonly #secret: string;

  constructor(key: string, secret: string) {
    this.#key = key;
    this.#secret = secret;
  }

  /** Tells one key from another, and nothing of it. */
  get fingerprint(): string {
    return createHash('sha256').update(this.#key).digest('hex').slice(0, 16);
  }

  /** The request that opens a private socket. `expires`: until when it may arrive, by the exchange's clock, ms. */
  authText(reqId: string, expires: number): string {
    return JSON.stringify({ req_id: reqId, op: 'auth', args: [this.#key, expires, this.#sign(`GET/realtime${expires}`)] });
  }

  /** The headers of a signed GET. `timestamp` by the exchange's clock, ms; `query` exactly as it stands in the address. */
  headers(timestamp: number, query: string): Readonly<Record<string, string>> {
    return {
      'X-BAPI-API-KEY': this.#key,
      'X-BAPI-TIMESTAMP': String(timestamp),
      'X-BAPI-RECV-WINDOW': RECV_WINDOW,
      'X-BAPI-SIGN': this.#sign(`${timestamp}${this.#key}${RECV_WINDOW}${query}`),
    };
  }

  toJSON(): string {
    return HIDDEN;
  }

  toString(): string {
    return HIDDEN;
  }

  [inspect.custom](): string {
    return HIDDEN;
  }

  #sign(text: string): string {
    return createHmac('sha256', this.#secret).update(text).digest('hex');
  }
}
