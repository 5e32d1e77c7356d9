import type { QueueAlarm } from './broker';

/** What alarms go by. */
export interface QueueFigures {
  readonly messages: number;
  readonly capacityRatio: number;
  /** What came divided by what left; undefined when that is not known. */
  readonly slowness: number | undefined;
  /** Whether the queue is not as it was asked for. */
  readonly otherwise: boolean;
}

interface Threshold {
  readonly alarm: QueueAlarm;
  of(figures: QueueFigures): number | undefined;
  readonly raised: (value: number) => boolean;
  readonly over: (value: number) => boolean;
}

/** An alarm is over below this part of its threshold: a queue that stands at the threshold does not ring for ever. */
const OVER_AT = 0.9;

/** Worst first. */
const THRESHOLDS: readonly Threshold[] = [
  from('backlog_critical', 10_000, ({ messages }) => messages),
  from('capacity_critical', 0.95, ({ capacityRatio }) => capacityRatio),
  from('backlog_warning', 1000, ({ messages }) => messages),
  from('capacity_warning', 0.8, ({ capacityRatio }) => capacityRatio),
  above('consumption_slow', 1.5, ({ slowness }) => slowness),
  above('other_arguments', 0, ({ otherwise }) => Number(otherwise)),
];

/** Which alarms of one queue ring. */
export class QueueAlarms {
  private readonly ringing = new Set<QueueAlarm>();

  /** Worst first. */
  get raised(): QueueAlarm[] {
    return THRESHOLDS.map(({ alarm }) => alarm).filter((alarm) => this.ringing.has(alarm));
  }

  update(figures: QueueFigures): void {
    for (const { alarm, of, raised, over } of THRESHOLDS) {
      const value = of(figures);
      if (value === undefined) continue;
      if (raised(value)) this.ringing.add(alarm);
      else if (over(value)) this.ringing.delete(alarm);
    }
  }
}

function from(alarm: QueueAlarm, threshold: number, of: Threshold['of']): Threshold {
  return { alarm, of, raised: (value) => value >= threshold, over: (value) => value < threshold * OVER_AT };
}

function above(alarm: QueueAlarm, threshold: number, of: Threshold['of']): Threshold {
  return { alarm, of, raised: (value) => value > threshold, over: (value) => value <= threshold * OVER_AT };
}
