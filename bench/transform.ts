import { streamOf, type MarketStream } from '../src/streams/stream';
import { transformOf } from '../src/transform/bybit/transform-of';
import type { RawFrame } from '../src/transform/transform';
import { bestLevelFrames, bookFrames, klineFrames, seeded, spotTickerFrames, tickerFrames, tradeFrames } from './frames';

/**
 * Microseconds per frame, from the socket's text to the text for clients: parse + transform + encode; beside it the parse
 * alone. Rounds of all kinds take turns, so that a slow moment of the machine meets them alike.
 */

const ROUNDS = 21;
const WARM_UP_ROUNDS = 4;

interface Case {
  readonly name: string;
  readonly stream: MarketStream;
  readonly frames: readonly string[];
  /** µs per frame, a figure per round. */
  readonly whole: number[];
  readonly parse: number[];
}

const random = seeded(20_240_601);
const cases: Case[] = [
  caseOf('ticker delta', streamOf('futures', { kind: 'ticker' }, 'BTCUSDT'), tickerFrames(3000, random)),
  caseOf('spot ticker', streamOf('spot', { kind: 'ticker' }, 'BTCUSDT'), spotTickerFrames(3000, random)),
  caseOf('order book 1', streamOf('futures', { kind: 'orderbook', depth: 1 }, 'BTCUSDT'), bestLevelFrames(3000, random)),
  caseOf('order book 50 delta', streamOf('futures', { kind: 'orderbook', depth: 50 }, 'BTCUSDT'), bookFrames(3000, 50, random)),
  caseOf(
    'order book 200 delta',
    streamOf('futures', { kind: 'orderbook', depth: 200 }, 'BTCUSDT'),
    bookFrames(2000, 200, random),
  ),
  caseOf(
    'order book 1000 delta',
    streamOf('futures', { kind: 'orderbook', depth: 1000 }, 'BTCUSDT'),
    bookFrames(1000, 1000, random),
  ),
  caseOf('trade (1-4 fills)', streamOf('futures', { kind: 'trade' }, 'BTCUSDT'), tradeFrames(3000, random)),
  caseOf('kline', streamOf('futures', { kind: 'kline', interval: '1m' }, 'BTCUSDT'), klineFrames(3000, random)),
];

function caseOf(name: string, stream: MarketStream, frames: readonly string[]): Case {
  return { name, stream, frames, whole: [], parse: [] };
}

/** Feeds all frames to a fresh transform; answers the characters written, so that no work can be optimised away. */
function runWhole({ name, stream, frames }: Case): number {
  const transform = transformOf(stream);
  let written = 0;
  let seq = 0;
  for (const text of frames) {
    const { messages, resync, withheld } = transform.apply(JSON.parse(text) as RawFrame, 1_788_488_626_379);
    if (resync !== undefined || withheld !== undefined) throw new Error(`${name}: ${resync ?? withheld?.[0]?.message ?? ''}`);
    for (const { type, data, timestamp, received } of messages) {
      written += JSON.stringify({
        stream: `mudrex.${stream.name}`,
        type,
        seq: ++seq,
        data,
        timestamp,
        received,
        source: 'mudrex',
      }).length;
    }
  }
  if (seq !== frames.length) throw new Error(`${name}: ${seq} messages of ${frames.length} frames`);
  return written;
}

function runParse({ frames }: Case): number {
  let topics = 0;
  for (const text of frames) topics += (JSON.parse(text) as RawFrame).topic.length;
  return topics;
}

let kept = 0;

function timed(run: (c: Case) => number, c: Case): number {
  const start = process.hrtime.bigint();
  kept += run(c);
  return Number(process.hrtime.bigint() - start) / 1000 / c.frames.length;
}

for (let round = -WARM_UP_ROUNDS; round < ROUNDS; round++) {
  for (const c of cases) {
    const [parse, whole] = [timed(runParse, c), timed(runWhole, c)];
    if (round < 0) continue;
    c.parse.push(parse);
    c.whole.push(whole);
  }
}

const sorted = (values: readonly number[]) => [...values].sort((a, b) => a - b);
const medianOf = (values: readonly number[]) => sorted(values)[values.length >> 1] ?? NaN;
const rangeOf = (values: readonly number[]) =>
  `${(sorted(values)[0] ?? NaN).toFixed(2)} - ${(sorted(values).at(-1) ?? NaN).toFixed(2)}`;

const header = ['µs per frame', 'bytes', 'all', 'range', 'parse', 'range', 'all/parse'];
const rows = cases.map(({ name, frames, whole, parse }) => [
  name,
  String(Math.round(frames.reduce((sum, text) => sum + text.length, 0) / frames.length)),
  medianOf(whole).toFixed(2),
  rangeOf(whole),
  medianOf(parse).toFixed(2),
  rangeOf(parse),
  (medianOf(whole) / medianOf(parse)).toFixed(1),
]);
for (const [name = '', ...cells] of [header, ...rows]) {
  console.log(name.padEnd(24) + cells.map((cell, i) => cell.padStart(i === 2 || i === 4 ? 18 : 10)).join(''));
}
console.log(`median of ${ROUNDS} interleaved rounds; Node ${process.version}; ${kept} characters`);
