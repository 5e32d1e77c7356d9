import { readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import type { MarketStream } from '../../src/streams/stream';
import { transformOf } from '../../src/transform/bybit/transform-of';
import { BadFrameError, type StreamTransform } from '../../src/transform/transform';
import { readControl } from '../../src/upstream/bybit/acks';
import { readingOf, type Reading, type Recorded } from './reading';
import { streamOfTopic } from './stream-of-topic';

/** What became of the lines of a recording, by kind of line. */
export interface Row {
  lines: number;
  messages: number;
  /** Trades, candles, liquidations; changed levels of books. */
  entries: number;
  /** Deltas whose recording begins after its snapshot: there is nothing to apply them to, and nothing may come of them. */
  orphans: number;
}

export interface Report {
  readonly rows: Map<string, Row>;
  /** Every line that was lost or misread. */
  readonly problems: string[];
}

/** Frames of one topic further apart than this are different recordings in one file, as after a reconnect. */
const SAME_RECORDING = 3_600_000;
/** Topics of the private socket, which feed no stream. */
const PRIVATE = /^(order|execution|position|wallet|greeks|dcp)\b/;

interface Track {
  readonly transform: StreamTransform;
  reading: Reading;
  begun: boolean;
  ts: number;
}

/** Feeds one recording, a frame per line, to the transforms of its topics. */
export function replayLines(file: string, lines: readonly string[], report: Report): void {
  const tracks = new Map<string, Track>();
  lines.forEach((line, index) => {
    const problem = replayLine(file, line, tracks, report);
    if (problem !== undefined) report.problems.push(`${file}:${index + 1}: ${problem}`);
  });
}

/** Feeds every `*.jsonl` of a folder and of those in it. */
export function replayFolder(folder: string): Report {
  const report: Report = { rows: new Map(), problems: [] };
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.jsonl'));
  if (files.length === 0) report.problems.push(`${folder}: no recordings`);
  for (const file of files.sort()) {
    replayLines(basename(file), readFileSync(join(folder, file), 'utf8').split('\n').filter(Boolean), report);
  }
  return report;
}

function replayLine(file: string, line: string, tracks: Map<string, Track>, report: Report): string | undefined {
  const parsed = JSON.parse(line) as Record<string, unknown>;
  // Some recordings wrap a frame with a note about it.
  const frame = typeof parsed['frame'] === 'object' ? (parsed['frame'] as Record<string, unknown>) : parsed;
  const topic = frame['topic'];
  if (typeof topic !== 'string') return replayControl(file, frame, report);
  if (file.startsWith('private') && PRIVATE.test(topic)) {
    rowOf(report, 'private data').lines++;
    return undefined;
  }
  const stream = streamOfTopic(file, topic);
  if (stream === undefined) return `topic ${topic} feeds no stream`;
  return replayData(stream, frame as unknown as Recorded, tracks, report);
}

function replayControl(file: string, frame: Record<string, unknown>, report: Report): string | undefined {
  const known = file.startsWith('private') ? typeof frame['op'] === 'string' : readControl(frame) !== undefined;
  if (!known) return 'neither data nor an answer';
  rowOf(report, file.startsWith('private') ? 'private control' : 'control').lines++;
  return undefined;
}

function replayData(stream: MarketStream, frame: Recorded, tracks: Map<string, Track>, report: Report): string | undefined {
  const row = rowOf(
    report,
    stream.kind === 'orderbook' ? `${stream.market} orderbook ${stream.depth}` : `${stream.market} ${stream.kind}`,
  );
  row.lines++;
  const track = tracks.get(stream.name) ?? {
    transform: transformOf(stream),
    reading: readingOf(stream),
    begun: false,
    ts: frame.ts,
  };
  tracks.set(stream.name, track);
  if (Math.abs(frame.ts - track.ts) > SAME_RECORDING) {
    track.transform.reset();
    track.reading = readingOf(stream);
    track.begun = false;
  }
  track.ts = frame.ts;
  const orphan = !track.begun && frame.type === 'delta';
  track.begun ||= !orphan;
  try {
    const { messages, resync, withheld } = track.transform.apply(frame, frame.ts);
    if (resync !== undefined && !orphan) return `${stream.name} lost: ${resync}`;
    if (withheld !== undefined) return `${stream.name} withheld: ${withheld.map((error) => error.message).join('; ')}`;
    row.messages += messages.length;
    if (orphan) {
      row.orphans++;
      return messages.length === 0 ? undefined : `${stream.name}: a delta without a snapshot became a message`;
    }
    for (const { data } of messages)
      row.entries += Array.isArray(data) ? data.length : 'bids' in data ? data.bids.length + data.asks.length : 1;
    const difference = track.reading.check(frame, messages);
    return difference === undefined ? undefined : `${stream.name}: ${difference}`;
  } catch (error) {
    if (error instanceof BadFrameError) return `${stream.name} refused: ${error.message}`;
    throw error;
  }
}

function rowOf(report: Report, name: string): Row {
  const row = report.rows.get(name) ?? { lines: 0, messages: 0, entries: 0, orphans: 0 };
  report.rows.set(name, row);
  return row;
}

function print({ rows, problems }: Report): void {
  const columns = ['lines', 'messages', 'entries', 'orphans'] as const;
  const text = [
    ['', ...columns],
    ...[...rows].sort().map(([name, row]) => [name, ...columns.map((column) => String(row[column]))]),
  ]
    .map(([name = '', ...cells]) => name.padEnd(24) + cells.map((cell) => cell.padStart(10)).join(''))
    .concat(
      problems.length === 0 ? ['every line was read, none misread'] : problems.map((problem) => `LOST OR MISREAD ${problem}`),
    )
    .join('\n');
  process.stdout.write(`${text}\n`);
}

if (require.main === module) {
  const folder = process.argv[2] ?? process.env['CAPTURES_DIR'];
  if (folder === undefined) {
    process.stderr.write('Usage: replay-captures FOLDER (or CAPTURES_DIR): replays every *.jsonl of recorded frames.\n');
    process.exitCode = 2;
  } else {
    const report = replayFolder(folder);
    print(report);
    process.exitCode = report.problems.length === 0 ? 0 : 1;
  }
}
