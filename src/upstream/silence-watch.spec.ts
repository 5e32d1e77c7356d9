import { ManualClock } from '../../test/support/manual-clock';
import { SilenceWatch } from './silence-watch';

const BASE = 30_000;
const clock = new ManualClock();

function setUp(): { watch: SilenceWatch; silences: number[] } {
  const silences: number[] = [];
  const watch: SilenceWatch = new SilenceWatch(BASE, clock, () => {
    silences.push(clock.now());
    watch.closed();
  });
  watch.setBusy(true);
  return { watch, silences };
}

/** What a silent exchange does: a snapshot at once, then nothing. */
function replaced(watch: SilenceWatch): void {
  watch.opened();
  watch.data();
}

afterEach(() => expect(clock.timers).toBe(0));

test('a connection that delivers nothing for the deadline is silent, to the millisecond', () => {
  const { watch, silences } = setUp();
  replaced(watch);
  clock.advance(BASE - 1);
  expect(silences).toHaveLength(0);
  clock.advance(1);
  expect(silences).toHaveLength(1);
});

test('data puts the deadline off', () => {
  const { watch, silences } = setUp();
  watch.opened();
  for (let i = 0; i < 100; i++) {
    clock.advance(BASE - 1);
    watch.data();
  }
  expect(silences).toHaveLength(0);
  watch.closed();
});

test('a connection without busy topics may be silent, and its time begins with the first busy one', () => {
  const { watch, silences } = setUp();
  watch.setBusy(false);
  watch.opened();
  clock.advance(BASE * 10);
  watch.setBusy(true);
  clock.advance(BASE - 1);
  expect(silences).toHaveLength(0);
  clock.advance(1);
  expect(silences).toHaveLength(1);
});

test('when a replacement brings nothing but its first burst the deadline doubles, up to ten minutes', () => {
  const { watch } = setUp();
  const deadlines: number[] = [];
  for (let i = 0; i < 8; i++) {
    replaced(watch);
    clock.advance(watch.deadlineMs);
    deadlines.push(watch.deadlineMs);
  }
  expect(deadlines).toEqual([30_000, 60_000, 120_000, 240_000, 480_000, 600_000, 600_000, 600_000]);
});

test('when replacements bring nothing at all they go on every two minutes at least', () => {
  const { watch } = setUp();
  const deadlines: number[] = [];
  for (let i = 0; i < 5; i++) {
    watch.opened();
    clock.advance(watch.deadlineMs);
    deadlines.push(watch.deadlineMs);
  }
  expect(deadlines).toEqual([30_000, 60_000, 120_000, 120_000, 120_000]);
});

test('a symbol that speaks less often than the deadline costs two replacements, not one after another', () => {
  const { watch, silences } = setUp();
  replaced(watch);
  for (let second = 1; second <= 3600; second++) {
    clock.advance(1000);
    if (silences.length > 0 && silences.at(-1) === clock.now()) replaced(watch);
    else if (second % 40 === 0) watch.data();
  }
  expect(silences).toHaveLength(2);
  watch.closed();
});

test('frames that flow bring the deadline back to the base', () => {
  const { watch, silences } = setUp();
  for (let i = 0; i < 3; i++) {
    replaced(watch);
    clock.advance(watch.deadlineMs);
  }
  expect(watch.deadlineMs).toBe(120_000);
  replaced(watch);
  clock.advance(10_000);
  watch.data();
  expect(watch.deadlineMs).toBe(120_000);
  clock.advance(10_000);
  watch.data();
  expect(watch.deadlineMs).toBe(BASE);
  const before = silences.length;
  clock.advance(BASE);
  expect(silences).toHaveLength(before + 1);
});

test('setting the clock of the machine neither makes a sound connection silent nor a silent one sound', () => {
  const { watch, silences } = setUp();
  replaced(watch);
  clock.jump(3_600_000);
  clock.advance(BASE - 1);
  expect(silences).toHaveLength(0);
  clock.jump(-7_200_000);
  clock.advance(1);
  expect(silences).toHaveLength(1);
});
