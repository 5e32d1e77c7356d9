import { type Category, isCategory } from './categories';

/** Pauses longer than this were recorded on another day: they are cut short. */
const LONGEST_PAUSE_MS = 5_000;

const PRIVATE = new Set(['order', 'execution', 'position', 'wallet', 'greeks', 'strategy', 'dcp']);

export interface RecordedFrame {
  readonly endpoint: Category | 'private';
  readonly topic: string;
  /** As it goes on the wire. */
  readonly text: string;
  /** Milliseconds after the recording's first frame. */
  readonly offset: number;
}

/** A line of a recording that cannot be played. */
export class RecordingError extends Error {}

/** Recorded data frames in their order, by topic. */
export class Recording {
  private readonly frames = new Map<string, RecordedFrame[]>();

  /** `skipped`: lines without a topic, such as acks and pongs; the simulator answers those itself. */
  private constructor(
    frames: readonly RecordedFrame[],
    readonly skipped: number,
  ) {
    for (const frame of frames) {
      const key = `${frame.endpoint} ${frame.topic}`;
      const list = this.frames.get(key);
      if (list) list.push(frame);
      else this.frames.set(key, [frame]);
    }
  }

  /**
   * Reads JSON lines, each a frame or `{"note", "frame"}`. Where a frame belongs is told by `category`, else by its topic,
   * symbol and the recording's name. Throws a {@link RecordingError} that names the line.
   */
  static parse(text: string, name: string, category?: Category): Recording {
    const frames: RecordedFrame[] = [];
    let skipped = 0;
    let offset = 0;
    let before: number | undefined;
    for (const [i, line] of text.split('\n').entries()) {
      if (line.trim() === '') continue;
      const frame = readLine(line, `${name} line ${i + 1}`);
      const { topic } = frame;
      if (typeof topic !== 'string') {
        skipped++;
        continue;
      }
      const time = frame['ts'] ?? frame['creationTime'];
      if (typeof time === 'number') {
        if (before !== undefined) offset += Math.min(LONGEST_PAUSE_MS, Math.max(0, time - before));
        before = time;
      }
      frames.push({
        endpoint: endpointOf(topic, name, category),
        topic,
        text: 'frame' in JSON.parse(line) ? JSON.stringify(frame) : line.trim(),
        offset,
      });
    }
    return new Recording(frames, skipped);
  }

  get topics(): { readonly endpoint: Category | 'private'; readonly topic: string; readonly frames: number }[] {
    return [...this.frames.values()].flatMap((list) =>
      list[0] ? [{ endpoint: list[0].endpoint, topic: list[0].topic, frames: list.length }] : [],
    );
  }

  /** What a client may want to look up before it subscribes. */
  get symbols(): { readonly category: Category; readonly symbol: string }[] {
    return this.topics.flatMap(({ endpoint, topic }) =>
      isCategory(endpoint) ? [{ category: endpoint, symbol: topic.slice(topic.lastIndexOf('.') + 1) }] : [],
    );
  }

  /** A topic's frames, oldest first; undefined when it was not recorded. */
  of(endpoint: string, topic: string): readonly RecordedFrame[] | undefined {
    return this.frames.get(`${endpoint} ${topic}`);
  }
}

function readLine(line: string, where: string): Record<string, unknown> {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    throw new RecordingError(`${where} is not JSON`);
  }
  if (typeof value === 'object' && value !== null && 'frame' in value) value = value.frame;
  if (typeof value !== 'object' || value === null) throw new RecordingError(`${where} is not a frame`);
  return value as Record<string, unknown>;
}

function endpointOf(topic: string, name: string, category: Category | undefined): Category | 'private' {
  if (PRIVATE.has(topic.split('.')[0] ?? '')) return 'private';
  if (category) return category;
  if (/spot/i.test(name)) return 'spot';
  if (/option/i.test(name) || /-[CP](-USDT)?$/.test(topic)) return 'option';
  return /USD([FGHJKMNQUVXZ]\d\d)?$/.test(topic) ? 'inverse' : 'linear';
}
