import fc from 'fast-check';
import type { QueueAlarm } from './broker';
import { QueueAlarms, type QueueFigures } from './queue-alarms';

const calm: QueueFigures = { messages: 0, capacityRatio: 0, slowness: 0, otherwise: false };

/** What rings at each of these, and what changes. */
function heard(all: readonly Partial<QueueFigures>[]): { raised: QueueAlarm[]; over: QueueAlarm[] }[] {
  const alarms = new QueueAlarms();
  return all.map((figures) => {
    const before = alarms.raised;
    alarms.update({ ...calm, ...figures });
    const after = alarms.raised;
    return {
      raised: after.filter((alarm) => !before.includes(alarm)),
      over: before.filter((alarm) => !after.includes(alarm)),
    };
  });
}

describe('QueueAlarms', () => {
  it.each<[QueueAlarm, keyof QueueFigures, number, number, number]>([
    ['backlog_warning', 'messages', 999, 1000, 899],
    ['backlog_critical', 'messages', 9999, 10_000, 8999],
    ['capacity_warning', 'capacityRatio', 0.79, 0.8, 0.71],
    ['capacity_critical', 'capacityRatio', 0.94, 0.95, 0.85],
    ['consumption_slow', 'slowness', 1.5, 1.51, 1.35],
    ['consumption_slow', 'slowness', 1.5, Infinity, 0],
  ])('%s rings once by %s from %p to %p, and is over at %p', (alarm, of, before, at, after) => {
    const changes = heard([before, at, at, before, after, after].map((value) => ({ [of]: value })));
    const ofThis = changes.map(({ raised, over }) => [raised.includes(alarm), over.includes(alarm)]);
    const quiet = [false, false];
    expect(ofThis).toEqual([quiet, [true, false], quiet, quiet, [false, true], quiet]);
  });

  it('rings for other arguments until they are right', () => {
    expect(heard([{ otherwise: true }, { otherwise: true }, {}])).toEqual([
      { raised: ['other_arguments'], over: [] },
      { raised: [], over: [] },
      { raised: [], over: ['other_arguments'] },
    ]);
  });

  it('leaves consumption as it is while nothing is known of it', () => {
    expect(heard([{ slowness: 2 }, { slowness: undefined }, { slowness: 2 }])).toEqual([
      { raised: ['consumption_slow'], over: [] },
      { raised: [], over: [] },
      { raised: [], over: [] },
    ]);
  });

  it('tells the worst first', () => {
    const alarms = new QueueAlarms();
    alarms.update({ messages: 20_000, capacityRatio: 1, slowness: 3, otherwise: true });
    expect(alarms.raised).toEqual([
      'backlog_critical',
      'capacity_critical',
      'backlog_warning',
      'capacity_warning',
      'consumption_slow',
      'other_arguments',
    ]);
  });

  it('rings from a threshold on until below nine tenths of it, and in between as before', () => {
    const bounds = [
      ['backlog_critical', 'messages', 10_000],
      ['capacity_critical', 'capacityRatio', 0.95],
      ['backlog_warning', 'messages', 1000],
      ['capacity_warning', 'capacityRatio', 0.8],
    ] as const;
    const figures = fc.record({
      messages: fc.constantFrom(0, 899, 900, 999, 1000, 8999, 9000, 10_000),
      capacityRatio: fc.constantFrom(0, 0.7, 0.75, 0.8, 0.85, 0.9, 0.95, 1),
      slowness: fc.constantFrom(undefined, 0, 1, 1.4, 1.6, Infinity),
      otherwise: fc.boolean(),
    });
    fc.assert(
      fc.property(fc.array(figures), (all) => {
        const alarms = new QueueAlarms();
        for (const one of all) {
          const before = alarms.raised;
          alarms.update(one);
          for (const [alarm, of, threshold] of bounds) {
            const rings = one[of] >= threshold || (one[of] >= threshold * 0.9 && before.includes(alarm));
            expect(alarms.raised.includes(alarm)).toBe(rings);
          }
          expect(alarms.raised.includes('other_arguments')).toBe(one.otherwise);
        }
      }),
    );
  });
});
