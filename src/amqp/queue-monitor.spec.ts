import { KeptLog } from '../../test/support/amqp-log';
import { QueueMonitor } from './queue-monitor';

const TRADES = 'ws-gateway.trade';
const OF_SERVICE = 'ws-gateway.billing.trade';
const LOOK_MS = 5000;

describe('QueueMonitor', () => {
  let log: KeptLog;
  let monitor: QueueMonitor;
  let now: number;
  let logging: boolean;
  beforeEach(() => {
    log = new KeptLog();
    logging = true;
    monitor = new QueueMonitor({ exchange: 'ws-gateway', queueMaxLength: 20_000, logging: () => logging }, log);
    monitor.otherwise(TRADES, undefined);
    monitor.otherwise(OF_SERVICE, undefined);
    now = 0;
  });

  /** So many looks, with so many events published before each; the queue holds what was not consumed. */
  function looks(count: number, published: number, consumed: number, consumers = 1): void {
    let messages = monitor.reports().find(({ queue }) => queue === TRADES)?.messages ?? 0;
    for (let look = 0; look < count; look++) {
      for (let i = 0; i < published; i++) monitor.published({ eventType: 'trade', services: [] });
      messages = Math.min(20_000, Math.max(0, messages + published - consumed));
      monitor.looked(TRADES, { messages, consumers }, (now += LOOK_MS));
    }
  }

  function report(queue = TRADES) {
    return monitor.reports().find((one) => one.queue === queue);
  }

  it('counts an event in the queue of its class and in those of the services that asked for it', () => {
    monitor.looked(TRADES, { messages: 0, consumers: 1 }, 0);
    monitor.looked(OF_SERVICE, { messages: 0, consumers: 1 }, 0);
    monitor.published({ eventType: 'trade', services: ['billing'] });
    monitor.published({ eventType: 'trade', services: [] });
    monitor.published({ eventType: 'order', services: ['billing'] });
    monitor.looked(TRADES, { messages: 2, consumers: 1 }, 1000);
    monitor.looked(OF_SERVICE, { messages: 0, consumers: 1 }, 1000);
    expect(report()).toMatchObject({ messages: 2, publishRate: 2, consumeRate: 0 });
    expect(report(OF_SERVICE)).toMatchObject({ messages: 0, publishRate: 1, consumeRate: 1 });
  });

  it('says each crossing once, with the queue and its figures, and when it is over', () => {
    for (const messages of [1500, 1600, 12_000, 19_500, 19_000, 10_500, 9500, 8000, 950, 899, 500]) {
      monitor.looked(TRADES, { messages, consumers: 1 }, (now += LOOK_MS));
    }
    expect(log.lines.map(({ level, text, fields }) => [level, text, fields['messages']])).toEqual([
      ['warn', 'queue_backlog_warning', 1500],
      ['error', 'queue_backlog_critical', 12_000],
      ['error', 'queue_capacity_critical', 19_500],
      ['warn', 'queue_capacity_warning', 19_500],
      ['info', 'queue_capacity_critical_over', 10_500],
      ['info', 'queue_capacity_warning_over', 10_500],
      ['info', 'queue_backlog_critical_over', 8000],
      ['info', 'queue_backlog_warning_over', 899],
    ]);
    expect(log.lines[0]?.fields).toMatchObject({ queue: TRADES, capacityRatio: 0.075 });
  });

  it('finds consumption slow by a whole window of it, and not before', () => {
    looks(60, 20, 10);
    expect(report()?.alarms).toEqual([]);
    looks(1, 20, 10);
    expect(report()?.alarms).toEqual(['consumption_slow']);
    expect(report()).toMatchObject({ publishRate: 4, consumeRate: 2 });
    looks(60, 20, 20);
    expect(log.texts).toEqual(['queue_consumption_slow', 'queue_consumption_slow_over']);
  });

  it('finds consumption slow when nobody consumes', () => {
    looks(61, 1, 0);
    expect(report()?.alarms).toEqual(['consumption_slow']);
  });

  it('does not find consumption slow where it is two thirds of what comes, or where nothing comes', () => {
    looks(61, 15, 10);
    looks(100, 0, 0);
    expect(log.texts).toEqual([]);
  });

  it('does not take what a full queue drops for consumed', () => {
    looks(61, 400, 0, 0);
    looks(100, 400, 0, 0);
    expect(report()).toMatchObject({ messages: 20_000, alarms: expect.arrayContaining(['consumption_slow']) as unknown });
    expect(log.texts).not.toContain('queue_consumption_slow_over');
  });

  it('says by name and once which queue is not as it was asked for, with the reason', () => {
    monitor.otherwise(TRADES, 'inequivalent arg');
    monitor.otherwise(TRADES, 'inequivalent arg');
    expect(report()?.alarms).toEqual(['other_arguments']);
    monitor.otherwise(TRADES, undefined);
    expect(log.lines).toEqual([
      {
        level: 'warn',
        text: 'queue_other_arguments',
        fields: expect.objectContaining({ queue: TRADES, reason: 'inequivalent arg' }) as unknown,
      },
      { level: 'info', text: 'queue_other_arguments_over', fields: expect.objectContaining({ queue: TRADES }) as unknown },
    ]);
  });

  it('has the alarms where others log them too, and logs those that ring when it begins to', () => {
    const look = (messages: number) => monitor.looked(TRADES, { messages, consumers: 1 }, (now += LOOK_MS));
    logging = false;
    look(1500);
    expect(report()?.alarms).toEqual(['backlog_warning']);
    expect(log.texts).toEqual([]);
    logging = true;
    look(1500);
    expect(log.texts).toEqual(['queue_backlog_warning']);
    logging = false;
    look(0);
    look(1500);
    logging = true;
    look(1500);
    look(0);
    expect(log.texts).toEqual(['queue_backlog_warning', 'queue_backlog_warning', 'queue_backlog_warning_over']);
  });

  it('ends the alarms of a queue that it is to forget', () => {
    monitor.looked(TRADES, { messages: 1000, consumers: 1 }, 0);
    monitor.forget(TRADES);
    monitor.looked(TRADES, { messages: 1000, consumers: 1 }, 1);
    expect(log.texts).toEqual(['queue_backlog_warning', 'queue_backlog_warning_over']);
    expect(monitor.reports().map(({ queue }) => queue)).toEqual([OF_SERVICE]);
  });
});
