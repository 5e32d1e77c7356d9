import { newTraceId, traceParentOf } from './trace-id';

const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';
const SPAN = '00f067aa0ba902b7';

describe('traceParentOf', () => {
  it('takes trace and span of a traceparent, before X-Trace-Id', () => {
    const headers = { traceparent: `00-${TRACE}-${SPAN}-01`, 'x-trace-id': 'mine' };
    expect(traceParentOf(headers)).toEqual({ traceId: TRACE, caller: { spanId: SPAN, sampled: true } });
  });

  it('takes a later version that says more', () => {
    expect(traceParentOf({ traceparent: `01-${TRACE}-${SPAN}-00-more` })).toEqual({
      traceId: TRACE,
      caller: { spanId: SPAN, sampled: false },
    });
  });

  it.each([
    ['version ff', `ff-${TRACE}-${SPAN}-01`],
    ['a version 00 that says more', `00-${TRACE}-${SPAN}-01-more`],
    ['upper case', `00-${TRACE.toUpperCase()}-${SPAN}-01`],
    ['a trace of zeroes', `00-${'0'.repeat(32)}-${SPAN}-01`],
    ['a span of zeroes', `00-${TRACE}-${'0'.repeat(16)}-01`],
    ['a short trace', `00-${TRACE.slice(1)}-${SPAN}-01`],
    ['line ends', `00-${TRACE}-${SPAN}-01\n`],
  ])('takes X-Trace-Id instead of a traceparent with %s', (_title, traceparent) => {
    expect(traceParentOf({ traceparent, 'x-trace-id': 'order-7_A' })).toEqual({ traceId: 'order-7_A' });
  });

  it.each(['', 'a b', 'x'.repeat(65), 'a\u00e9', '{"a":1}'])('makes a new id instead of taking %j', (name) => {
    const { traceId } = traceParentOf({ 'x-trace-id': name });
    expect(traceId).toMatch(/^[0-9a-f]{32}$/);
  });

  it('makes another one each time', () => {
    expect(new Set(Array.from({ length: 100 }, newTraceId)).size).toBe(100);
  });
});
