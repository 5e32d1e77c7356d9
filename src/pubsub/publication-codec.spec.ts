import fc from 'fast-check';
import { publication as ticker } from '../../test/support/publications';
import { KINDS, MARKETS } from '../streams/stream';
import type { Publication } from './publication';
import {
  decodeNotice,
  decodePublication,
  encodeNotice,
  encodePublication,
  passOn,
  UnreadableBytes,
  type Notice,
} from './publication-codec';

const name = fc.oneof(
  fc.string({ minLength: 1, maxLength: 60 }),
  fc.string({ minLength: 1, maxLength: 60, unit: 'grapheme' }),
  fc.constantFrom('futures.kline.1m.BTCUSDT', 'l5x2.1', 'x'.repeat(255)),
);
const publication: fc.Arbitrary<Publication> = fc.record({
  stream: name,
  market: fc.constantFrom(...MARKETS),
  kind: fc.constantFrom(...KINDS),
  epoch: name,
  seq: fc.maxSafeNat(),
  type: fc.constantFrom('snapshot', 'update', 'delta', 'gap'),
  closed: fc.boolean(),
  received: fc.oneof(fc.constant(0), fc.maxSafeNat()),
  body: fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes)),
});
const since = fc.maxSafeNat();
const notice: fc.Arbitrary<Notice> = fc.oneof(
  fc.record({
    notice: fc.constant('status' as const),
    stream: name,
    status: fc.record({
      state: fc.constantFrom('pending', 'live', 'resyncing', 'refused', 'unavailable'),
      reason: fc.string({ unit: 'grapheme' }),
      since,
    }),
  }),
  fc.record({ notice: fc.constant('opened' as const), stream: name, epoch: name }),
  fc.record({ notice: fc.constant('closed' as const), stream: name }),
  fc.record({
    notice: fc.constant('marketStatus' as const),
    status: fc.record({
      market: fc.constantFrom(...MARKETS),
      state: fc.constantFrom('live', 'stale', 'resyncing'),
      reason: fc.string(),
      since,
    }),
  }),
);

/** Writes down what it is told. */
function listener() {
  const told: unknown[] = [];
  return {
    told,
    publication: (step: Publication) => told.push(step),
    status: (stream: string, status: unknown) => told.push({ notice: 'status', stream, status }),
    opened: (stream: string, epoch: string) => told.push({ notice: 'opened', stream, epoch }),
    closed: (stream: string) => told.push({ notice: 'closed', stream }),
    marketStatus: (status: unknown) => told.push({ notice: 'marketStatus', status }),
    restored: () => told.push('restored'),
  };
}

const BYTES = encodePublication(ticker('futures.ticker.BTCUSDT', 'boot.1', 7));

function changed(at: number, value: number): Buffer {
  const bytes = Buffer.from(BYTES);
  bytes[at] = value;
  return bytes;
}

function withDouble(at: number, value: number): Buffer {
  const bytes = Buffer.from(BYTES);
  bytes.writeDoubleBE(value, at);
  return bytes;
}

function noticeOf(what: number, content: unknown): Buffer {
  return Buffer.concat([Buffer.from([1, what]), Buffer.from(JSON.stringify(content))]);
}

describe('the publication codec', () => {
  it('gives back what it was given, and passes it on as what it is', () => {
    fc.assert(
      fc.property(publication, (step) => {
        const bytes = encodePublication(step);
        expect(decodePublication(bytes)).toEqual(step);
        const heard = listener();
        passOn(bytes, heard);
        expect(heard.told).toEqual([step]);
      }),
      { numRuns: 500 },
    );
    fc.assert(
      fc.property(notice, (content) => {
        const bytes = encodeNotice(content);
        expect(decodeNotice(bytes)).toEqual(content);
        const heard = listener();
        passOn(bytes, heard);
        expect(heard.told).toEqual([content]);
      }),
      { numRuns: 500 },
    );
  });

  it('shows the body where it lies', () => {
    expect(decodePublication(BYTES).body.buffer).toBe(BYTES.buffer);
  });

  it('adds 21 bytes and the names to the body', () => {
    const step = ticker('futures.ticker.BTCUSDT', 'boot.1', 7);
    expect(BYTES.length).toBe(21 + step.stream.length + step.epoch.length + step.body.length);
  });

  it('refuses hostile bytes, or reads something whole, and throws nothing else', () => {
    const cut = fc.tuple(publication, fc.nat(400)).map(([step, length]) => encodePublication(step).subarray(0, length));
    const bent = fc.tuple(publication, fc.nat(40), fc.nat(255)).map(([step, at, value]) => {
      const bytes = encodePublication(step);
      if (at < bytes.length) bytes[at] = value;
      return bytes;
    });
    const bentNotice = fc.tuple(notice, fc.nat(80), fc.nat(255)).map(([content, at, value]) => {
      const bytes = encodeNotice(content);
      if (at < bytes.length) bytes[at] = value;
      return bytes;
    });
    const json = fc.tuple(fc.integer({ min: 16, max: 19 }), fc.jsonValue()).map(([what, value]) => noticeOf(what, value));
    const any = fc.uint8Array({ maxLength: 60 }).map((bytes) => Buffer.from(bytes));
    fc.assert(
      fc.property(fc.oneof(cut, bent, bentNotice, json, any), (bytes) => {
        const heard = listener();
        try {
          passOn(bytes, heard);
        } catch (error) {
          expect(error).toBeInstanceOf(UnreadableBytes);
          expect(heard.told).toEqual([]);
          return;
        }
        expect(heard.told).toHaveLength(1);
      }),
      { numRuns: 3000 },
    );
  });

  it.each([
    ['nothing', Buffer.alloc(0), 'version missing, not 1'],
    ['another version', changed(0, 2), 'version 2, not 1'],
    ['a version and nothing else', BYTES.subarray(0, 1), 'one byte only'],
    ['a header that is cut off', BYTES.subarray(0, 20), 'a publication of 20 bytes is cut off'],
    ['names that are cut off', BYTES.subarray(0, 40), 'a publication of 40 bytes is cut off within its names'],
    ['an unknown type', changed(1, 4), 'no notice: its second byte is 4'],
    ['an unknown market', changed(2, 0x50), 'no market and kind have number 80'],
    ['an unknown kind', changed(2, 0x09), 'no market and kind have number 9'],
    ['a stream without a name', changed(3, 0), 'a publication without the name of its stream or epoch'],
    ['an epoch without a name', changed(4, 0), 'a publication without the name of its stream or epoch'],
    ['half a number', withDouble(5, 1.5), 'a publication cannot have number 1.5'],
    ['a number below 0', withDouble(5, -1), 'a publication cannot have number -1'],
    ['no time', withDouble(13, NaN), 'a publication cannot be received at NaN'],
    ['no JSON', Buffer.from([1, 16, 0x7b]), 'a notice that is no JSON object'],
    ['a notice that is no object', noticeOf(18, 7), 'a notice that is no JSON object'],
    ['a notice about no stream', noticeOf(18, {}), 'a notice without a name'],
    ['a stream status that is missing', noticeOf(16, { stream: 'a' }), 'a notice without its content'],
    [
      'a stream status that is not known',
      noticeOf(16, { stream: 'a', status: { state: 'x' } }),
      'a status that is not known here',
    ],
    [
      'a market status without a time',
      noticeOf(19, { status: { market: 'spot', state: 'live', reason: '' } }),
      'a status without its reason or time',
    ],
  ])('says of %s what is wrong', (_, bytes, message) => {
    const pass = () => passOn(bytes, listener());
    expect(pass).toThrow(UnreadableBytes);
    expect(pass).toThrow(message);
  });

  it('takes no notice for a publication, nor the other way round', () => {
    const closed = encodeNotice({ notice: 'closed', stream: 'a' });
    expect(() => decodePublication(closed)).toThrow(new UnreadableBytes('no publication: its second byte is 18'));
    expect(() => decodeNotice(BYTES)).toThrow(new UnreadableBytes('no notice: its second byte is 1'));
  });

  it('does not write names that are too long to be read', () => {
    const step = ticker('x'.repeat(256), 'e', 1);
    expect(() => encodePublication(step)).toThrow(RangeError);
    expect(() => encodePublication({ ...step, stream: 'x', epoch: 'é'.repeat(128) })).toThrow(RangeError);
  });
});
