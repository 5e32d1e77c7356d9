import type { OutgoingEvent, QueueAlarm, QueueReport } from './broker';
import type { AmqpLog } from './log';
import { QueueAlarms } from './queue-alarms';
import { QueueFlow } from './queue-flow';
import type { QueueLook } from './queue-looks';
import { queueOfClass, queueOfService } from './queue-names';

interface Watched {
  readonly flow: QueueFlow;
  readonly alarms: QueueAlarms;
  /** Alarms that were logged and whose end was not. */
  readonly logged: Set<QueueAlarm>;
  published: number;
  messages: number;
  /** What came divided by what left; undefined when that is not known. */
  slowness: number | undefined;
  /** Why it is not as it was asked for. */
  otherwise: string | undefined;
}

export interface QueueMonitorOptions {
  readonly exchange: string;
  readonly queueMaxLength: number;
  /** Whether alarms are logged here now: all processes of a fleet see the same ones, and one is to log them. */
  readonly logging: () => boolean;
}

/** Knows of every queue how full it is, how fast it grows, and whether that is worth somebody's attention. */
export class QueueMonitor {
  private readonly queues = new Map<string, Watched>();

  constructor(
    private readonly options: QueueMonitorOptions,
    private readonly log: AmqpLog,
  ) {}

  /** The broker has confirmed an event, so it is in these queues. */
  published({ eventType, services }: Pick<OutgoingEvent, 'eventType' | 'services'>): void {
    this.count(queueOfClass(this.options.exchange, eventType).queue);
    for (const service of services) this.count(queueOfService(this.options.exchange, service, eventType).queue);
  }

  /** @param at ms; never less than the one before */
  looked(queue: string, { messages, consumers }: QueueLook, at: number): void {
    const watched = this.queues.get(queue);
    if (!watched) return;
    const { flow } = watched;
    watched.messages = messages;
    flow.sample(at, watched.published, messages);
    if (!flow.whole) watched.slowness = undefined;
    else if (messages < this.options.queueMaxLength) watched.slowness = ratio(flow.published, flow.consumed);
    // A full queue drops as many as come. Who took those that left is known only where nobody could.
    else watched.slowness = consumers === 0 ? ratio(flow.published, 0) : undefined;
    this.update(queue, watched);
  }

  /** Watches a queue that has been declared. @param reason why it is not as it was asked for; undefined when it is */
  otherwise(queue: string, reason: string | undefined): void {
    const watched = this.watched(queue);
    watched.otherwise = reason;
    this.update(queue, watched);
  }

  /** Is not watched any more. */
  forget(queue: string): void {
    const watched = this.queues.get(queue);
    if (!watched) return;
    this.tell(queue, watched, []);
    this.queues.delete(queue);
  }

  reports(): QueueReport[] {
    return [...this.queues].map(([queue, watched]) => this.report(queue, watched));
  }

  private report(queue: string, { messages, flow, alarms }: Watched): QueueReport {
    const { publishRate, consumeRate } = flow;
    const capacityRatio = messages / this.options.queueMaxLength;
    return { queue, messages, capacityRatio, publishRate, consumeRate, alarms: alarms.raised };
  }

  private watched(queue: string): Watched {
    const known = this.queues.get(queue);
    if (known) return known;
    const flow = new QueueFlow();
    const watched: Watched = {
      flow,
      alarms: new QueueAlarms(),
      logged: new Set(),
      published: 0,
      messages: 0,
      slowness: undefined,
      otherwise: undefined,
    };
    this.queues.set(queue, watched);
    return watched;
  }

  private count(queue: string): void {
    const watched = this.queues.get(queue);
    if (watched) watched.published++;
  }

  private update(queue: string, watched: Watched): void {
    const { messages, slowness, otherwise } = watched;
    watched.alarms.update({
      messages,
      capacityRatio: messages / this.options.queueMaxLength,
      slowness,
      otherwise: otherwise !== undefined,
    });
    this.tell(queue, watched, watched.alarms.raised);
  }

  /** Who begins to log them logs what rings already. */
  private tell(queue: string, watched: Watched, ringing: readonly QueueAlarm[]): void {
    const { logged } = watched;
    if (!this.options.logging()) {
      logged.clear();
      return;
    }
    for (const alarm of ringing) {
      if (logged.has(alarm)) continue;
      logged.add(alarm);
      this.say(queue, watched, alarm, false);
    }
    for (const alarm of logged) {
      if (ringing.includes(alarm)) continue;
      logged.delete(alarm);
      this.say(queue, watched, alarm, true);
    }
  }

  private say(queue: string, watched: Watched, alarm: QueueAlarm, over: boolean): void {
    const { messages, capacityRatio, publishRate, consumeRate } = this.report(queue, watched);
    const fields = {
      queue,
      messages,
      capacityRatio,
      publishRate,
      consumeRate,
      ...(watched.otherwise === undefined ? {} : { reason: watched.otherwise }),
    };
    if (over) this.log.info(fields, `queue_${alarm}_over`);
    else if (alarm.endsWith('_critical')) this.log.error(fields, `queue_${alarm}`);
    else this.log.warn(fields, `queue_${alarm}`);
  }
}

/** What came divided by what left. Nothing that left is the slowest there is; where nothing came nothing is slow. */
function ratio(published: number, consumed: number): number {
  if (published === 0) return 0;
  return consumed === 0 ? Infinity : published / consumed;
}
