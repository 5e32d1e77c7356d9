import { ManualClock } from '../../../../test/support/manual-clock';
import { RestError } from '../../rest';
import type { FetchJson } from '../../rest';
import { BybitCredentials } from './credentials';
import { ServerTime } from './server-time';
import { SignedRest } from './signed-rest';

const PAGE = { retCode: 0, retMsg: 'OK', result: { list: [1], nextPageCursor: 'a%3Ab' }, time: 7 };

/** Answers the signed calls one after the other; the last answer stands. */
function setUp(...answers: (object | Error)[]) {
  const clock = new ManualClock();
  const calls: { url: string; headers: Readonly<Record<string, string>> | undefined }[] = [];
  let measured = 0;
  const fetchJson: FetchJson = (url, headers) => {
    if (url.endsWith('/v5/market/time')) {
      measured++;
      return Promise.resolve({ result: { timeNano: `${clock.now()}000000` } });
    }
    calls.push({ url, headers });
    const answer = answers.length > 1 ? answers.shift() : answers[0];
    return answer instanceof Error ? Promise.reject(answer) : Promise.resolve(answer);
  };
  const credentials = new BybitCredentials('key', 'secret');
  const rest = new SignedRest({
    restUrl: 'http://rest',
    credentials,
    time: new ServerTime('http://rest', fetchJson, clock),
    fetchJson,
    clock,
  });
  return { rest, clock, calls, credentials, measured: () => measured };
}

test('signs exactly the query that it sends, with the cursor as it was given', async () => {
  const { rest, calls, credentials, clock } = setUp(PAGE);
  expect(await rest.get('/v5/order/realtime', { category: 'linear', limit: 50 }, '1%3A2')).toEqual({
    list: [1],
    cursor: 'a%3Ab',
    time: 7,
  });
  const query = 'category=linear&limit=50&cursor=1%3A2';
  expect(calls).toEqual([{ url: `http://rest/v5/order/realtime?${query}`, headers: credentials.headers(clock.now(), query) }]);
});

test('a signature of the wrong time is made again once with the time measured anew', async () => {
  const { rest, calls, measured } = setUp({ retCode: 10002, retMsg: 'invalid request' }, PAGE);
  await rest.get('/v5/x', {});
  expect([calls.length, measured()]).toEqual([2, 2]);
});

test('a time that stays wrong is no word about the key', async () => {
  const { rest, calls } = setUp({ retCode: 10002, retMsg: 'invalid request' });
  await expect(rest.get('/v5/x', {})).rejects.toMatchObject({ name: 'AccountError', reason: 'unreachable' });
  expect(calls).toHaveLength(2);
});

test.each([
  ['a refused key', { retCode: 10003, retMsg: 'API key is invalid.' }, 'refused'],
  ['HTTP 401', new RestError('HTTP 401 from /v5/x', false, { status: 401 }), 'refused'],
  ['the limit of the account', { retCode: 10006, retMsg: 'Too many visits!' }, 'limited'],
  ['the limit of the address', new RestError('HTTP 403 from /v5/x', true, { status: 403 }), 'limited'],
  ['no answer', new RestError('no answer from rest'), 'unreachable'],
  ['an answer that is no JSON', new SyntaxError('Unexpected token'), 'unreachable'],
  ['an answer without a list', { retCode: 0, retMsg: 'OK', result: null }, 'unreachable'],
  ['an unknown request', { retCode: 10001, retMsg: 'params error' }, 'rejected'],
])('%s is an error of its own', async (_name, answer, reason) => {
  await expect(setUp(answer).rest.get('/v5/x', {})).rejects.toMatchObject({ name: 'AccountError', reason });
});

test.each([
  ['an address', new RestError('HTTP 403 from /v5/x', true), 10 * 60_000],
  ['an account', { retCode: 10006, retMsg: 'Too many visits!' }, 10_000],
])('who limits %s is not called for a while', async (_name, answer, ms) => {
  const { rest, calls, clock } = setUp(answer, PAGE);
  await expect(rest.get('/v5/x', {})).rejects.toMatchObject({ reason: 'limited' });
  clock.advance(ms - 1);
  await expect(rest.get('/v5/x', {})).rejects.toMatchObject({ reason: 'limited' });
  expect(calls).toHaveLength(1);
  clock.advance(1);
  expect((await rest.get('/v5/x', {})).list).toEqual([1]);
});
