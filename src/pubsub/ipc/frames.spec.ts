import fc from 'fast-check';
import { FrameReader } from './frame-reader';
import { FrameWriter } from './frame-writer';

/** A socket whose other side reads when the test says so. */
class Out {
  readonly chunks: Buffer[] = [];
  private unread: { bytes: number; done: () => void }[] = [];

  get writableLength(): number {
    return this.unread.reduce((sum, { bytes }) => sum + bytes, 0);
  }

  write(chunk: Buffer, done: unknown): boolean {
    this.chunks.push(chunk);
    this.unread.push({ bytes: chunk.length, done: done as () => void });
    return false;
  }

  /** All that was written has been read. */
  read(): void {
    while (this.unread.length > 0) this.unread.shift()?.done();
  }

  framesOf(): [number, string][] {
    const frames: [number, string][] = [];
    new FrameReader((kind, body) => frames.push([kind, String(body)])).push(Buffer.concat(this.chunks));
    return frames;
  }
}

/** A clock whose tasks run when the test says so. */
function timing() {
  const tasks: { wait: number; task: () => void }[] = [];
  const clock = { time: 0 };
  return {
    tasks,
    clock,
    timing: {
      now: () => clock.time,
      endOfTurn: (task: () => void) => void tasks.push({ wait: 0, task }),
      after: (wait: number, task: () => void) => void tasks.push({ wait, task }),
    },
    run: () => tasks.splice(0).forEach(({ task }) => task()),
  };
}

const MIB = 1024 * 1024;
const frame = fc.tuple(fc.integer({ min: 0, max: 255 }), fc.string({ maxLength: 40 }));

describe('FrameReader', () => {
  it('finds every frame, however the bytes are cut into chunks', () => {
    fc.assert(
      fc.property(fc.array(frame), fc.array(fc.integer({ min: 1, max: 60 }), { minLength: 1 }), (frames, cuts) => {
        const out = new Out();
        const { timing: at, run } = timing();
        const writer = new FrameWriter(out, at);
        for (const [kind, body] of frames) writer.send(kind, Buffer.from(body));
        run();
        const bytes = Buffer.concat(out.chunks);
        const heard: [number, string][] = [];
        const reader = new FrameReader((kind, body) => heard.push([kind, String(body)]));
        for (let at = 0, i = 0; at < bytes.length; i++) {
          const size = cuts[i % cuts.length] as number;
          reader.push(bytes.subarray(at, at + size));
          at += size;
        }
        expect(heard).toEqual(frames);
      }),
    );
  });
});

describe('FrameWriter', () => {
  it('writes all frames of a turn in one go', () => {
    const out = new Out();
    const { timing: at, run } = timing();
    const writer = new FrameWriter(out, at);
    for (const text of ['a', 'b', 'c']) writer.send(1, Buffer.from(text));
    expect(out.chunks).toHaveLength(0);
    run();
    expect(out.chunks).toHaveLength(1);
    expect(out.framesOf()).toEqual([
      [1, 'a'],
      [1, 'b'],
      [1, 'c'],
    ]);
  });

  it('spaces writes that come with many frames, and lets single ones through at once', () => {
    const { timing: at, run, tasks, clock } = timing();
    const writer = new FrameWriter(new Out(), at);
    const waitAfter = (frames: number, elapsed: number) => {
      for (let i = 0; i < frames; i++) writer.send(1, Buffer.from('x'));
      run();
      clock.time += elapsed;
      writer.send(1, Buffer.from('x'));
      const [next] = tasks;
      run();
      clock.time += 1000;
      return next?.wait;
    };
    expect(waitAfter(1, 2)).toBe(0);
    expect(waitAfter(4, 0.5)).toBe(1.5);
    expect(waitAfter(100, 1)).toBe(4);
  });

  it('drops what comes while a reader is 16 MiB behind, and says so once it has caught up', () => {
    const out = new Out();
    const { timing: at, run } = timing();
    const writer: FrameWriter = new FrameWriter(out, at, () => writer.send(9, Buffer.from('restored')));
    const part = Buffer.alloc(4 * MIB);
    for (let i = 0; i < 10; i++) {
      writer.send(1, part);
      run();
    }
    expect(out.writableLength).toBeLessThanOrEqual(16 * MIB);
    expect(writer.dropped).toBe(7);
    out.read();
    run();
    writer.send(2, Buffer.from('after'));
    run();
    expect(out.framesOf().map(([kind]) => kind)).toEqual([1, 1, 1, 9, 2]);
  });

  it('takes a frame of any size while nothing waits', () => {
    const out = new Out();
    const { timing: at, run } = timing();
    const writer = new FrameWriter(out, at);
    writer.send(1, Buffer.alloc(20 * MIB));
    run();
    expect([writer.dropped, out.chunks.length]).toEqual([0, 1]);
  });
});
