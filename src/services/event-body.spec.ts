import fc from 'fast-check';
import { Envelope } from '../pubsub/envelope';
import type { MessageType, Payload } from '../streams/message';
import { carriedBy, eventBody, gapBody, gapIn, traceIdOf } from './event-body';
import { fundingChanged, fundingIn } from './funding-change';

const envelope = new Envelope('mudrex', 'futures.ticker.BTCUSDT');
const head = {
  messageId: 'futures.ticker.BTCUSDT:e.1:7',
  eventType: 'ticker',
  topic: 'futures.ticker.BTCUSDT',
  traceId: 'ab',
  timestamp: 0,
  received: 0,
} as const;

function message(data: unknown, type: MessageType = 'update', timestamp = 1, received = 2): { body: Buffer } {
  return { body: envelope.message({ epoch: 'e.1', seq: 7 }, { type, data: data as Payload, timestamp, received }) };
}

describe('an event', () => {
  it('carries the very bytes of the payload, and the times, whatever the payload holds', () => {
    const type = fc.constantFrom('snapshot', 'update', 'delta' as const);
    const time = fc.integer({ min: 0, max: 4_000_000_000_000 });
    const hostile = fc.constantFrom<unknown>(',"data":', { timestamp: 5, data: 1 }, ',"timestamp":9', [{ received: 3 }]);
    fc.assert(
      fc.property(fc.oneof(fc.jsonValue(), hostile), type, time, time, (data, kind, timestamp, received) => {
        const carried = carriedBy(message(data, kind, timestamp, received));
        expect([carried.data.toString(), carried.timestamp, carried.received]).toEqual([
          JSON.stringify(data),
          timestamp,
          received,
        ]);
        const body = eventBody({ ...head, timestamp, received }, kind, { epoch: 'e.1', seq: 7 }, carried.data).toString();
        expect(body).toBe(
          JSON.stringify({
            event_id: head.messageId,
            event_type: 'ticker',
            topic: head.topic,
            timestamp: new Date(timestamp).toISOString(),
            received_at: new Date(received).toISOString(),
            payload: { type: kind, seq: 7, epoch: 'e.1', data },
            trace_id: 'ab',
          }),
        );
      }),
    );
  });

  it('tells a gap in place of what was lost', () => {
    const gap = gapIn({ body: envelope.gap({ epoch: 'e.1', seq: 7 }, 'upstream_reconnect') });
    expect(JSON.parse(gapBody(head, 'e.1', gap).toString())).toMatchObject({
      event_id: head.messageId,
      payload: { type: 'gap', epoch: 'e.1', from: 7, to: 7, reason: 'upstream_reconnect' },
      trace_id: 'ab',
    });
  });

  it('has a trace id of 32 hex digits, the same for the same message', () => {
    expect(traceIdOf('a:b:1')).toMatch(/^[0-9a-f]{32}$/);
    expect(traceIdOf('a:b:1')).toBe(traceIdOf('a:b:1'));
    expect(traceIdOf('a:b:1')).not.toBe(traceIdOf('a:b:2'));
  });
});

describe('funding', () => {
  const ticker = { symbol: 'BTCUSDT', price: '1', markPrice: '2', fundingRate: '0.0001', nextFundingTime: '1700000000000' };

  const now = () => fundingIn(message(ticker));

  it('is read from a ticker without the rest of it', () => {
    expect(now()).toEqual({ symbol: 'BTCUSDT', fundingRate: '0.0001', nextFundingTime: '1700000000000', markPrice: '2' });
    expect(fundingIn(message({ symbol: 'BTCUSDT', price: '1' }))).toBeUndefined();
  });

  it('is news when its rate or its time changes, and not when a price does', () => {
    const before = now();
    expect(before && fundingChanged(undefined, before)).toBe(true);
    expect(fundingChanged(before, { ...before, markPrice: '3' })).toBe(false);
    expect(fundingChanged(before, { ...before, fundingRate: '-0.0001' })).toBe(true);
    expect(fundingChanged(before, { ...before, nextFundingTime: '1' })).toBe(true);
  });
});
