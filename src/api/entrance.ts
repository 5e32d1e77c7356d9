import type { IncomingMessage, ServerResponse } from 'node:http';
import { UnsupportedMediaTypeException } from '@nestjs/common';
import { ApiError } from '../services/api';
import type { ApiKeys } from './api-keys';
import { apiDisabled, keyInAddress, keyMissing, keyUnknown, tooManyWrongKeys } from './key-failures';
import type { RequestLog } from './request-log';
import { RETRY_AFTER_SECONDS, type WrongKeys } from './wrong-keys';

/** Query parameters in which people send keys. */
const KEY_PARAMETER = /^(x[-_]?)?(api|access|auth|secret)?[-_]?(key|token|authorization)$/i;
const JSON_TYPE = /^application\/json\s*(;|$)/i;
/** So many parts of an address are held against the known keys, which costs a hash each; no call takes as many. */
const MAX_VALUES = 16;
const WITH_BODY = new Set(['POST', 'PUT', 'PATCH']);

/** What every call under /api/v1 has to pass, known or not: is the interface open, whose key is it, may the body be read. */
export class Entrance {
  private readonly passed = new WeakSet<object>();

  constructor(
    private readonly keys: Pick<ApiKeys, 'any' | 'nameOf'>,
    private readonly wrong: WrongKeys,
    private readonly log: RequestLog,
    private readonly addressOf: (request: IncomingMessage) => string,
  ) {}

  /** Whether a request has come this way. */
  hasPassed(request: object): boolean {
    return this.passed.has(request);
  }

  /** Express middleware. Comes before the body is read, so that it is read for nobody without a key. */
  readonly pass = (request: IncomingMessage, response: ServerResponse, next: (error?: unknown) => void): void => {
    // What one key may see, no cache is to show to others.
    response.setHeader('Cache-Control', 'no-store');
    this.log.open(request, response, (logged) => {
      try {
        logged.key = this.admit(request, response);
        checkBody(request);
        this.passed.add(request);
      } catch (error) {
        next(error);
        return;
      }
      next();
    });
  };

  /** The name of the key. Throws an {@link ApiError}. */
  private admit(request: IncomingMessage, response: ServerResponse): string {
    if (!this.keys.any) throw apiDisabled();
    const query = queryOf(request);
    for (const parameter of query.keys()) if (KEY_PARAMETER.test(parameter)) throw keyInAddress();
    const key = request.headers['x-api-key'];
    if (typeof key !== 'string' || key === '') {
      this.refuseKeyAmong(query);
      throw keyMissing();
    }
    const name = this.keys.nameOf(key);
    if (name !== undefined) {
      this.refuseKeyAmong(query);
      return name;
    }
    if (this.wrong.count(this.addressOf(request))) throw keyUnknown();
    response.setHeader('Retry-After', RETRY_AFTER_SECONDS);
    throw tooManyWrongKeys();
  }

  /** A key of ours may stand under any name, or alone. */
  private refuseKeyAmong(query: URLSearchParams): void {
    let looked = 0;
    for (const [name, value] of query) {
      if (++looked > MAX_VALUES) return;
      if (this.keys.nameOf(value === '' ? name : value) !== undefined) throw keyInAddress();
    }
  }
}

function queryOf({ originalUrl = '' }: IncomingMessage & { readonly originalUrl?: string }): URLSearchParams {
  const mark = originalUrl.indexOf('?');
  return new URLSearchParams(mark < 0 ? '' : originalUrl.slice(mark + 1));
}

function checkBody({ method = '', headers }: IncomingMessage): void {
  const hasBody = headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0;
  if (!hasBody) return;
  if (!WITH_BODY.has(method)) {
    throw new ApiError('VALIDATION_ERROR', `${method} takes no body here; leave it out.`, [
      { field: 'body', problem: 'must not be sent' },
    ]);
  }
  if (!JSON_TYPE.test(headers['content-type'] ?? '')) throw new UnsupportedMediaTypeException();
}
