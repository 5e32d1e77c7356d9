import { createHmac } from 'node:crypto';

/** An account's key: what private sockets and requests are signed with. */
export interface ApiKey {
  readonly key: string;
  readonly secret: string;
}

/** Lower-case hex HMAC-SHA256 of "GET/realtime" + expires (milliseconds). */
export function signRealtime(secret: string, expires: string): string {
  return createHmac('sha256', secret).update(`GET/realtime${expires}`).digest('hex');
}

/** `malformed`: not [key, expires, signature]. `expired`: signed for a time that is over by the exchange's clock. */
export type AuthResult = 'ok' | 'malformed' | 'expired' | 'wrong';

export function checkAuth(args: readonly unknown[], { key, secret }: ApiKey, now: number): AuthResult {
  const [given, expires, signature] = args;
  if (typeof given !== 'string' || typeof signature !== 'string') return 'malformed';
  if (typeof expires !== 'number' && typeof expires !== 'string') return 'malformed';
  if (!(Number(expires) > 0)) return 'malformed';
  if (Number(expires) <= now) return 'expired';
  return given === key && signature === signRealtime(secret, String(expires)) ? 'ok' : 'wrong';
}

/** Who decides about an `auth` request. */
export interface Authority {
  check(args: readonly unknown[]): AuthResult;
}
