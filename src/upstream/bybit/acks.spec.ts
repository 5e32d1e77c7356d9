import { readControl, saysAlreadySubscribed, topicsNamed } from './acks';

test.each([
  ['linear', { success: true, ret_msg: 'pong', conn_id: 'c', req_id: '', op: 'ping' }],
  ['spot', { success: true, ret_msg: 'pong', conn_id: 'c', op: 'ping' }],
  ['option', { args: ['1791136071311'], op: 'pong' }],
  ['private', { req_id: '2', op: 'pong', args: ['1757405570352'], conn_id: 'c' }],
])('a pong of %s is a pong', (_name, frame) => {
  expect(readControl(frame)).toEqual({ kind: 'pong' });
});

test('an ack keeps its request id, and an empty or missing one is none', () => {
  const ack = { success: true, ret_msg: '', conn_id: 'c', op: 'subscribe' };
  expect(readControl({ ...ack, req_id: '7' })).toMatchObject({ kind: 'ack', op: 'subscribe', reqId: '7', success: true });
  expect(readControl({ ...ack, req_id: '' })).toMatchObject({ reqId: undefined });
  expect(readControl(ack)).toMatchObject({ reqId: undefined });
});

test('an ack that names no operation is still an ack', () => {
  expect(readControl({ success: false, ret_msg: 'Failed to decode incoming data:…', op: '' })).toMatchObject({
    kind: 'ack',
    op: undefined,
  });
});

test('an option ack tells its topics', () => {
  const frame = { success: true, conn_id: 'c', data: { successTopics: ['a', 7], failTopics: ['b'] }, type: 'COMMAND_RESP' };
  expect(readControl(frame)).toMatchObject({ kind: 'ack', op: undefined, topics: { accepted: ['a'], failed: ['b'] } });
  expect(readControl({ success: true, type: 'COMMAND_RESP', data: null })).toMatchObject({
    topics: { accepted: [], failed: [] },
  });
});

test('anything else is no control frame', () => {
  expect(readControl({ hello: 1 })).toBeUndefined();
  expect(readControl({ success: 'yes', op: 'subscribe' })).toBeUndefined();
});

test.each([
  ['error:handler not found,topic:orderbook.50.NOPEUSDT', ['orderbook.50.NOPEUSDT']],
  ['error:handler not found,topic:liquidations:BTCUSDT', ['liquidations:BTCUSDT']],
  ['error:already subscribed,topic:publicTrade.BTCUSDT', ['publicTrade.BTCUSDT']],
  ['Invalid symbol :[orderbook.50.NOSUCHSYM]', ['orderbook.50.NOSUCHSYM']],
  ['Invalid symbol :[a, b]', ['a', 'b']],
  ['args size >10', []],
  ['error:invalid op', []],
])('%s names %j', (text, topics) => {
  expect(topicsNamed(text)).toEqual(topics);
});

test('only "already subscribed" says that what was wanted is so', () => {
  expect(saysAlreadySubscribed('error:already subscribed,topic:x')).toBe(true);
  expect(saysAlreadySubscribed('error:handler not found,topic:x')).toBe(false);
});
