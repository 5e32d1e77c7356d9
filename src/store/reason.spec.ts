import { DatabaseRefused, reasonOf, verdictOf } from './reason';

function failure(message: string, code?: string): Error {
  return Object.assign(new Error(message), code === undefined ? {} : { code });
}

describe('what an error says about the database', () => {
  it.each([
    ['value out of range', '22003', 'mistake'],
    ['duplicate key', '23505', 'mistake'],
    ['syntax error', '42601', 'mistake'],
    ['permission denied', '42501', 'lost'],
    ['relation does not exist', '42P01', 'lost'],
    ['deadlock detected', '40P01', 'again'],
    ['could not serialize access', '40001', 'again'],
    ['canceling statement due to statement timeout', '57014', 'alone'],
    ['timeout exceeded when trying to connect', undefined, 'alone'],
    ['Query read timeout', undefined, 'lost'],
    ['Connection terminated unexpectedly', undefined, 'lost'],
    ['terminating connection due to administrator command', '57P01', 'lost'],
    ['No space left on device', '53100', 'lost'],
    ['cannot execute INSERT in a read-only transaction', '25006', 'lost'],
    ['connect ECONNREFUSED', 'ECONNREFUSED', 'lost'],
    ['write EPIPE', 'EPIPE', 'lost'],
  ])('%s (%s): %s', (message, code, verdict) => {
    expect(verdictOf(failure(message, code))).toBe(verdict);
  });

  it('is unknown, so it counts as lost, of what is no error at all', () => {
    expect([verdictOf(undefined), verdictOf('a word'), verdictOf(null)]).toEqual(['lost', 'lost', 'lost']);
  });
});

describe('the reason that is shown', () => {
  it.each([
    ['password authentication failed for user "tapecast"', '28P01', 'the user or the password is refused'],
    ['SASL: SCRAM-SERVER-FIRST-MESSAGE: client password must be a string', undefined, 'the user or the password is refused'],
    ['database "tapecast" does not exist', '3D000', 'the database does not exist'],
    ['getaddrinfo ENOTFOUND db.internal', 'ENOTFOUND', 'its host name is not known'],
    ['connect ECONNREFUSED 10.0.0.7:5432', 'ECONNREFUSED', 'nobody listens there'],
    ['Query read timeout', undefined, 'no answer in time'],
    ['Connection terminated due to connection timeout', undefined, 'no answer in time'],
    ['Connection terminated unexpectedly', undefined, 'the connection was lost'],
    ['self-signed certificate', 'DEPTH_ZERO_SELF_SIGNED_CERT', 'no agreement about TLS'],
    ['The server does not support SSL connections', undefined, 'no agreement about TLS'],
    ['something of tapecast:hunter2@db', 'XX000', 'error XX000'],
    ['something of tapecast:hunter2@db', undefined, 'it failed'],
  ])('of %s (%s) is: %s', (message, code, reason) => {
    expect(reasonOf(failure(message, code))).toBe(reason);
  });

  it('is what a refusal says, which is written to be shown', () => {
    expect(reasonOf(new DatabaseRefused('the database is read-only'))).toBe('the database is read-only');
  });
});
