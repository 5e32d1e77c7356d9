import fc from 'fast-check';
import { LINEAR_KLINES } from '../../../test/replay/recorded-frames';
import type { Kline, Message } from '../../streams/message';
import { streamOf, type Interval } from '../../streams/stream';
import { BadFrameError, type RawFrame, type StreamTransform } from '../transform';
import { transformOf } from './transform-of';

const MINUTE = 60_000;
const T = 1_700_000_040_000 - (1_700_000_040_000 % MINUTE);

const kline = (interval: Interval = '1m') => transformOf(streamOf('futures', { kind: 'kline', interval }, 'BTCUSDT'));
const candle = (start: number, confirm = false, close = '10') => ({
  start,
  end: start + MINUTE - 1,
  interval: '1',
  open: '10',
  close,
  high: '12',
  low: '9',
  volume: '3',
  turnover: '30',
  confirm,
  timestamp: start + 5,
});
const frame = (...data: unknown[]): RawFrame => ({ topic: 'kline.1.BTCUSDT', type: 'snapshot', ts: T + 10 * MINUTE, data });
const apply = (transform: StreamTransform, raw: RawFrame) => transform.apply(raw, 5).messages as Message<Kline>[];

describe('KlineTransform', () => {
  it('turns a recorded candle into a message, first as a snapshot', () => {
    const transform = kline();
    const raw = JSON.parse(LINEAR_KLINES[0] ?? '') as RawFrame;
    const data = {
      symbol: 'BTCUSDT',
      interval: '1m',
      openTime: 1719667560000,
      closeTime: 1719667619999,
      open: '61030',
      high: '61030',
      low: '61015',
      close: '61029.9',
      volume: '10.798',
      turnover: '658980.4245',
      confirmed: false,
    };
    expect(apply(transform, raw)).toEqual([{ type: 'snapshot', data, timestamp: 1719667601380, received: 5 }]);
    expect(apply(transform, raw)).toEqual([{ type: 'update', data, timestamp: 1719667601380, received: 5 }]);
    expect(transform.snapshot()).toEqual({ type: 'snapshot', data, timestamp: 1719667601380, received: 5 });
  });

  it('sends both candles of a frame around a close, the closing one first and marked', () => {
    const messages = apply(kline(), frame(candle(T + MINUTE), candle(T, true)));
    expect(messages.map(({ type, data, closed }) => [type, data.openTime, data.confirmed, closed])).toEqual([
      ['snapshot', T, true, true],
      ['update', T + MINUTE, false, undefined],
    ]);
  });

  it('closes a candle once, and lets nothing older through afterwards', () => {
    const transform = kline();
    expect(apply(transform, frame(candle(T, true)))).toHaveLength(1);
    expect(apply(transform, frame(candle(T, true)))).toEqual([]);
    expect(apply(transform, frame(candle(T, false)))).toEqual([]);
    expect(apply(transform, frame(candle(T - MINUTE, false)))).toEqual([]);
    expect(apply(transform, frame(candle(T + MINUTE)))).toHaveLength(1);
  });

  it('passes on a close that comes after the next candle has begun, and keeps the newer one as its state', () => {
    const transform = kline();
    apply(transform, frame(candle(T + MINUTE)));
    expect(apply(transform, frame(candle(T, false)))).toEqual([]);
    expect(apply(transform, frame(candle(T, true)))).toMatchObject([{ closed: true, data: { openTime: T } }]);
    expect(transform.snapshot()?.data).toMatchObject({ openTime: T + MINUTE });
  });

  it('does not close a candle again after a reset, but knows it', () => {
    const transform = kline();
    apply(transform, frame(candle(T, true)));
    transform.reset();
    expect(transform.snapshot()).toBeUndefined();
    expect(apply(transform, frame(candle(T, true)))).toEqual([]);
    expect(transform.snapshot()?.data).toMatchObject({ openTime: T, confirmed: true });
    expect(apply(transform, frame(candle(T + MINUTE)))).toMatchObject([{ type: 'snapshot' }]);
  });

  it('withholds a candle that cannot be, and sends the rest of the frame', () => {
    const transform = kline();
    const { messages, withheld } = transform.apply(frame({ ...candle(T), high: '8' }, candle(T + MINUTE)), 5);
    expect(messages).toMatchObject([{ data: { openTime: T + MINUTE } }]);
    expect(withheld?.map((error) => [error.reason, error.message])).toEqual([
      ['bad_candle', `BTCUSDT 1m ${T}: high 8 is below open, close or low`],
    ]);
  });

  it.each<[string, object]>([
    ['the candle of another interval', { interval: '60' }],
    ['a price in words', { open: 'high' }],
    ['a number for a price', { open: 10 }],
    ['confirm in text', { confirm: 'false' }],
    ['a start in text', { start: String(T) }],
  ])('withholds %s as a wrong shape', (_, fault) => {
    const transform = kline();
    const { messages, withheld } = transform.apply(frame({ ...candle(T), ...fault }), 5);
    expect(messages).toEqual([]);
    expect(withheld?.map((error) => error.reason)).toEqual(['wrong_shape']);
    expect(transform.snapshot()).toBeUndefined();
  });

  it.each<[string, object]>([
    ['the frame of another symbol', { topic: 'kline.1.ETHUSDT' }],
    ['the frame of another interval', { topic: 'kline.60.BTCUSDT' }],
    ['data that is no array', { data: candle(T) }],
    ['a frame without a time', { ts: undefined }],
  ])('refuses %s', (_, fault) => {
    const transform = kline();
    expect(() => transform.apply({ ...frame(candle(T)), ...fault }, 5)).toThrow(BadFrameError);
    expect(transform.snapshot()).toBeUndefined();
  });

  it('closes every start at most once, in order, and never updates a closed one, whatever comes', () => {
    const step = fc.record({ minute: fc.integer({ min: 0, max: 5 }), confirm: fc.boolean(), reset: fc.boolean() });
    fc.assert(
      fc.property(fc.array(fc.array(step, { minLength: 1, maxLength: 2 }), { maxLength: 40, size: 'max' }), (frames) => {
        const transform = kline();
        const closed = new Set<number>();
        let newestClosed = -1;
        for (const steps of frames) {
          if (steps[0]?.reset) transform.reset();
          for (const { data, closed: last } of apply(
            transform,
            frame(...steps.map((s) => candle(T + s.minute * MINUTE, s.confirm))),
          )) {
            expect(data.openTime).toBeGreaterThan(newestClosed);
            expect(last ?? false).toBe(data.confirmed);
            if (data.confirmed) {
              expect(closed.has(data.openTime)).toBe(false);
              closed.add(data.openTime);
              newestClosed = data.openTime;
            }
          }
          for (const { minute, confirm } of steps) if (confirm) expect(newestClosed).toBeGreaterThanOrEqual(T + minute * MINUTE);
        }
      }),
    );
  });
});
