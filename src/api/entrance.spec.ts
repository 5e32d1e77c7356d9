import type { IncomingMessage, ServerResponse } from 'node:http';
import { EventEmitter } from 'node:events';
import { ManualClock } from '../../test/support/manual-clock';
import { Entrance } from './entrance';
import { RequestLog } from './request-log';
import { WrongKeys } from './wrong-keys';

const KEY = 'key-of-the-risk-engine';
const silent = { info: () => undefined, debug: () => undefined };

/** What comes of a request, and how often a key was looked for. */
function pass(query: string, key?: string): { readonly looks: number; readonly failure: unknown } {
  let looks = 0;
  let failure: unknown;
  const keys = {
    any: true,
    nameOf: (text: string) => {
      looks++;
      return text === KEY ? 'risk' : undefined;
    },
  };
  const clock = new ManualClock();
  const entrance = new Entrance(keys, new WrongKeys(clock), new RequestLog(silent, clock, null), () => '192.0.2.1');
  const request = { originalUrl: `/api/v1/streams?${query}`, method: 'GET', headers: { ...(key && { 'x-api-key': key }) } };
  const response = Object.assign(new EventEmitter(), { setHeader: () => undefined });
  entrance.pass(request as unknown as IncomingMessage, response as unknown as ServerResponse, (error) => (failure = error));
  return { looks, failure };
}

describe('the entrance', () => {
  it.each([
    ['no key and nothing but names', 'a&'.repeat(8000), undefined, 16, 'UNAUTHORIZED'],
    ['a key alone', KEY, undefined, 1, 'VALIDATION_ERROR'],
    ['no key', 'a=1&'.repeat(4000), undefined, 16, 'UNAUTHORIZED'],
    ['a wrong key', 'a=1&'.repeat(4000), 'guess', 1, 'UNAUTHORIZED'],
    ['a right key', 'a=1&'.repeat(4000), KEY, 17, undefined],
    ['a key under its name, far behind', `${'a=1&'.repeat(4000)}api_key=guess`, undefined, 0, 'VALIDATION_ERROR'],
    ['a key under another name', `q=&limit=1&q=${KEY}`, KEY, 4, 'VALIDATION_ERROR'],
  ])('looks for a key a bounded number of times in an address with %s', (_title, query, key, looks, code) => {
    const told = pass(query, key);
    expect([told.looks, (told.failure as { code?: string } | undefined)?.code]).toEqual([looks, code]);
  });
});
