import fc from 'fast-check';
import type { Kline, Message, MessageType } from '../streams/message';
import { Envelope, openTimeIn } from './envelope';

const type = fc.constantFrom<MessageType>('snapshot', 'update', 'delta');
/** Texts that look like the envelope's own are what could lead a search astray. */
const text = fc.oneof(fc.string(), fc.constantFrom(',"data":', '"openTime":7', '"', '\\', '\u{1f4c8}'));
const message: fc.Arbitrary<Message> = fc.record({
  type,
  data: fc.record({ symbol: text, price: text }),
  timestamp: fc.nat(),
  received: fc.nat(),
});

function candle(openTime: number): Kline {
  const amounts = { open: '1', high: '2', low: '1', close: '2', volume: '3', turnover: '4' };
  return { symbol: 'BTCUSDT', interval: '1m', openTime, closeTime: openTime + 59_999, ...amounts, confirmed: false };
}

describe('Envelope', () => {
  it('of a renamed message reads as if it had been made there', () => {
    const here = new Envelope('mudrex', 'futures.ticker.BTCUSDT');
    const there = new Envelope('mudrex', 'futures.ticker.BTCUSDT@1s');
    fc.assert(
      fc.property(message, type, fc.nat(), fc.nat(), (content, newType, seq, newSeq) => {
        const body = here.message({ epoch: 'boot.1', seq }, content);
        const renamed = there.renamed({ epoch: 'boot.r2', seq: newSeq }, newType, body);
        const expected = there.message({ epoch: 'boot.r2', seq: newSeq }, { ...content, type: newType });
        expect(JSON.parse(renamed.toString())).toEqual(JSON.parse(expected.toString()));
        expect(renamed.equals(expected)).toBe(true);
      }),
    );
  });

  it('tells when the candle in a message began', () => {
    fc.assert(
      fc.property(fc.nat(4_000_000_000_000), fc.nat(), type, (openTime, seq, kind) => {
        const envelope = new Envelope('mudrex', 'futures.kline.1m.BTCUSDT@1s');
        const body = envelope.message({ epoch: 'e', seq }, { type: kind, data: candle(openTime), timestamp: 1, received: 2 });
        expect(openTimeIn(body)).toBe(openTime);
      }),
    );
  });
});
