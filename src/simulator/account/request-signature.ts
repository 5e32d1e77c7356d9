import { createHmac } from 'node:crypto';
import type { ApiKey } from '../api-key';
import { RestError } from '../rest-answer';

const USUAL_WINDOW_MS = 5_000;
/** A request may come from this far ahead of the exchange's clock. */
const AHEAD_MS = 1_000;

/** What a signed request carries. */
export interface SignedRequest {
  /** Header by lower-case name. */
  header(name: string): string | undefined;
  /** What is signed: the query as it stands in the address, or the body. */
  readonly payload: string;
}

/**
 * Refuses what the exchange refuses: an unknown key, a time outside the window, a wrong signature. In which order it looks is
 * not known: the key comes first here.
 */
export function checkRequest(request: SignedRequest, apiKey: ApiKey | undefined, now: number): void {
  const key = request.header('x-bapi-api-key') ?? '';
  if (!apiKey || key !== apiKey.key) throw new RestError(10003, 'API key is invalid.');
  const timestamp = request.header('x-bapi-timestamp') ?? '';
  const window = request.header('x-bapi-recv-window') ?? '';
  checkTime(timestamp, window, now);
  const text = `${timestamp}${key}${window}${request.payload}`;
  const signature = createHmac('sha256', apiKey.secret).update(text).digest('hex');
  if (request.header('x-bapi-sign') !== signature) throw new RestError(10004, `error sign! origin_string[${text}]`);
}

/** `now` - window <= timestamp < `now` + 1 s, both as they stand in headers; the window may be left out. */
export function checkTime(timestamp: string, window: string, now: number): void {
  const time = Number(timestamp || NaN);
  const recvWindow = window === '' ? USUAL_WINDOW_MS : Number(window);
  if (now - recvWindow <= time && time < now + AHEAD_MS) return;
  throw new RestError(
    10002,
    `invalid request, please check your server timestamp or recv_window param. req_timestamp[${timestamp}],server_timestamp[${now}],recv_window[${recvWindow}]`,
  );
}
