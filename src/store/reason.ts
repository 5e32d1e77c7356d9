/** The database can be reached and must not be used. Its message is safe to show. */
export class DatabaseRefused extends Error {
  override readonly name = 'DatabaseRefused';
}

/**
 * What an error says about the database. `mistake`: it did its part, and the question was wrong. `again`: it got in another's way, and
 * would succeed now. `alone`: it is well, and had no time for this question. `lost`: it cannot be counted on.
 */
export type Verdict = 'mistake' | 'again' | 'alone' | 'lost';

/** What pg says when all its connections are busy for too long. */
const ALL_BUSY = 'timeout exceeded when trying to connect';

/** By SQLSTATE, or the first two characters of it: its class. */
const VERDICTS: Readonly<Record<string, Verdict>> = {
  '22': 'mistake',
  '23': 'mistake',
  '42': 'mistake',
  // Not allowed, no such table: somebody changed the database under us.
  '42501': 'lost',
  '42P01': 'lost',
  '40': 'again',
  // A statement took too long; a lock was not given.
  '57014': 'alone',
  '55P03': 'alone',
};

export function verdictOf(error: unknown): Verdict {
  const code = codeOf(error);
  if (messageOf(error) === ALL_BUSY) return 'alone';
  return VERDICTS[code] ?? VERDICTS[code.slice(0, 2)] ?? 'lost';
}

const REASONS: Readonly<Record<string, string>> = {
  '28000': 'the user or the password is refused',
  '28P01': 'the user or the password is refused',
  '3D000': 'the database does not exist',
  '25006': 'the database is read-only',
  '42501': 'the user has not the rights it needs',
  '42P01': 'a table is missing',
  '53100': 'its disk is full',
  '53300': 'it has no connection to spare',
  '57014': 'it took too long to answer',
  '55P03': 'it took too long to answer',
  '57P01': 'it is shutting down',
  '57P02': 'it has crashed',
  '57P03': 'it is starting up or shutting down',
  ECONNREFUSED: 'nobody listens there',
  ENOENT: 'nobody listens there',
  ENOTFOUND: 'its host name is not known',
  EAI_AGAIN: 'its host name cannot be looked up',
  ECONNRESET: 'the connection was lost',
  EPIPE: 'the connection was lost',
  EHOSTUNREACH: 'its host cannot be reached',
  ENETUNREACH: 'its host cannot be reached',
  ETIMEDOUT: 'no answer in time',
  EACCES: 'its directory cannot be written',
  EPERM: 'its directory cannot be written',
  EROFS: 'its directory cannot be written',
  ENOTDIR: 'its directory cannot be written',
  ENOSPC: 'its disk is full',
};

/** Messages of pg that come without a code. */
const MESSAGES: readonly (readonly [RegExp, string])[] = [
  [/timeout|timed out/i, 'no answer in time'],
  [/connection terminated|closed the connection|connection ended/i, 'the connection was lost'],
  [/SASL|SCRAM|password/i, 'the user or the password is refused'],
  [/SSL|TLS|certificate/i, 'no agreement about TLS'],
];

/** Why the database cannot be used, for everybody to see: no name, address, user or secret is in it. */
export function reasonOf(error: unknown): string {
  if (error instanceof DatabaseRefused) return error.message;
  const code = codeOf(error);
  const known = REASONS[code];
  if (known !== undefined) return known;
  if (/^[0-9A-Z]{5}$/.test(code)) return `error ${code}`;
  if (/CERT|TLS|SSL|ALTNAME/.test(code)) return 'no agreement about TLS';
  const message = messageOf(error);
  return MESSAGES.find(([pattern]) => pattern.test(message))?.[1] ?? 'it failed';
}

/** For logs. Drivers name hosts, users and tables in it, never passwords. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function codeOf(error: unknown): string {
  const code = (error as { readonly code?: unknown } | null)?.code;
  return typeof code === 'string' ? code : '';
}
