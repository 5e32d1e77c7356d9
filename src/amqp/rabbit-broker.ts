import type { ChannelModel, ConfirmChannel } from 'amqplib';
import type { Clock, Timer } from '../clock/clock';
import type { EventType } from '../streams/event-type';
import { AccountDelivery } from './account-delivery';
import { BrokerUnavailable, type BrokerReport, type EventBroker, type OutgoingEvent } from './broker';
import { Link } from './link';
import type { AmqpLog } from './log';
import { MarketPublishing } from './market-publishing';
import { QueueLooks } from './queue-looks';
import { QueueMonitor } from './queue-monitor';
import { EXCHANGE } from './queue-names';
import { blockedReasonOf } from './reason';
import { Topology } from './topology';

const LOOK_MS = 5000;
/** Each so many looks all queues are declared again. */
const LOOKS_BETWEEN_DECLARES = 6;
/** How long a stop waits for what is on its way. */
const FLUSH_MS = 2000;

export interface RabbitOptions {
  readonly url: string;
  readonly queueTtlMs: number;
  readonly queueMaxLength: number;
  /** The exchange, and the first word of each queue. */
  readonly exchange?: string;
  /** Market events that may wait while the broker is away, and the bytes that they may take. */
  readonly ringEvents?: number;
  readonly ringBytes?: number;
  readonly heartbeatSeconds?: number;
}

export interface RabbitDeps {
  readonly clock: Clock;
  readonly random: () => number;
  readonly log: AmqpLog;
  /** Hears of every event that is in its queues. */
  readonly confirmed?: (event: OutgoingEvent) => void;
  /** Whether alarms of queues are logged here now. Always by default. */
  readonly logsAlarms?: () => boolean;
}

/** RabbitMQ: one connection, a channel for market events, one for account events, and one that looks at the queues. */
export class RabbitBroker implements EventBroker {
  private readonly link: Link;
  private readonly topology: Topology;
  private readonly market: MarketPublishing;
  private readonly account: AccountDelivery;
  private readonly monitor: QueueMonitor;
  private readonly looks: QueueLooks;
  private readonly listeners: ((available: boolean) => void)[] = [];
  /** The open connection with its channels. */
  private model: ChannelModel | undefined;
  private complete = false;
  private blockedBy: string | undefined;
  private available = false;
  private since: number;
  private reason = 'not connected yet';
  private confirmed = 0;
  private lookTimer: Timer | undefined;
  private looked = 0;
  private stopping = false;
  private drained: (() => void) | undefined;

  constructor(
    options: RabbitOptions,
    private readonly deps: RabbitDeps,
  ) {
    const { exchange = EXCHANGE, queueMaxLength, queueTtlMs, url } = options;
    const { clock, log } = deps;
    const confirmed = (events: readonly OutgoingEvent[]) => this.count(events);
    this.since = clock.now();
    this.link = new Link({ url, heartbeatSeconds: options.heartbeatSeconds ?? 4 }, deps, {
      opened: (model) => this.open(model),
      away: (reason, detail) => this.lose(reason, detail),
      blocked: (words) => this.block(words),
    });
    this.monitor = new QueueMonitor({ exchange, queueMaxLength, logging: deps.logsAlarms ?? (() => true) }, log);
    this.topology = new Topology(
      { exchange, queueTtlMs, queueMaxLength },
      {
        complete: (complete) => {
          this.complete = complete;
          this.flow();
        },
        otherwise: (queue, reason) => this.monitor.otherwise(queue, reason),
        failed: (model, message) => this.link.giveUp(model, message),
      },
    );
    this.looks = new QueueLooks({
      looked: (queue, look) => this.monitor.looked(queue, look, clock.monotonic()),
      gone: (queue) => {
        log.warn({ queue }, 'somebody has deleted a queue: it is declared again');
        this.topology.gone(queue);
      },
    });
    const limits = { events: options.ringEvents ?? 100_000, bytes: options.ringBytes ?? 64 * 1024 * 1024 };
    const endOfTurn = (task: () => void) => void setImmediate(task);
    this.market = new MarketPublishing(exchange, limits, { clock, log, confirmed, endOfTurn });
    this.account = new AccountDelivery(exchange, { clock, log, confirmed });
  }

  /** Resolves when the first try to connect has succeeded or failed; others follow. */
  async start(): Promise<void> {
    this.lookTimer = this.deps.clock.every(LOOK_MS, () => this.look());
    await this.link.start();
  }

  /** Waits, at most two seconds, until what was published is confirmed, and ends the connection. */
  async stop(): Promise<void> {
    this.lookTimer?.cancel();
    this.stopping = true;
    if (this.available) await this.drain();
    this.market.stop();
    await this.link.stop();
    this.lose('stopped');
    const { waiting } = this.market;
    if (waiting > 0) this.deps.log.warn({ waiting }, 'market events that RabbitMQ did not take are lost');
  }

  publish(event: OutgoingEvent): void {
    this.market.publish(event);
  }

  deliver(events: readonly OutgoingEvent[]): Promise<void> {
    if (!this.available) return Promise.reject(new BrokerUnavailable(this.reason));
    return this.account.deliver(events);
  }

  wantQueues(services: ReadonlyMap<string, ReadonlySet<EventType>>): void {
    for (const queue of this.topology.want(services)) this.monitor.forget(queue);
  }

  onAvailable(listener: (available: boolean) => void): void {
    this.listeners.push(listener);
  }

  report(): BrokerReport {
    const { available, since, reason, confirmed, market } = this;
    return {
      available,
      since,
      reason: available ? '' : reason,
      blocked: this.blockedBy !== undefined,
      queues: this.monitor.reports(),
      waiting: market.waiting,
      dropped: market.dropped + this.account.unsendable,
      confirmed,
    };
  }

  private async open(model: ChannelModel): Promise<void> {
    await this.topology.open(model);
    const [market, account] = await Promise.all([this.channel(model), this.channel(model)]);
    this.model = model;
    this.market.open(market);
    this.account.open(account);
    this.settle('');
    this.look();
  }

  /** Without one of its channels a connection is of no use: both are had again with a new one. */
  private async channel(model: ChannelModel): Promise<ConfirmChannel> {
    const channel = await model.createConfirmChannel();
    let message = 'a channel was closed';
    channel.on('error', (error) => (message = error.message));
    // Channels close before their connection does, which knows why: it is heard first.
    channel.on('close', () => setImmediate(() => this.link.giveUp(model, message)));
    return channel;
  }

  private lose(reason: string, detail = ''): void {
    this.model = undefined;
    this.blockedBy = undefined;
    this.topology.lost();
    this.looks.lost();
    this.market.lost();
    this.settle(reason, detail);
    this.account.lost(reason);
  }

  private block(words: string | undefined): void {
    this.blockedBy = words;
    this.settle(words === undefined ? '' : blockedReasonOf(words), words);
  }

  /** @param reason why the broker is not available, if it is not @param detail the same for the log */
  private settle(reason: string, detail = ''): void {
    const available = this.model !== undefined && this.blockedBy === undefined;
    const changed = available !== this.available;
    if (!available && !this.stopping && (changed || reason !== this.reason))
      this.deps.log.warn({ reason, detail }, 'events cannot be sent');
    this.reason = reason;
    if (changed) {
      this.available = available;
      this.since = this.deps.clock.now();
      if (available) this.deps.log.info({ waiting: this.market.waiting }, 'events are sent');
    }
    this.flow();
    if (!available) this.drained?.();
    if (changed) for (const listener of this.listeners) listener(available);
  }

  /** What is there to be sent is sent when it will find its queues. */
  private flow(): void {
    const flowing = this.available && this.complete;
    this.market.flow(flowing);
    this.account.flow(flowing);
  }

  private look(): void {
    const { model } = this;
    if (!model || this.blockedBy !== undefined) return;
    if (++this.looked % LOOKS_BETWEEN_DECLARES === 0) this.topology.lookAgain();
    void this.looks.look(model, this.topology.queues);
  }

  private count(events: readonly OutgoingEvent[]): void {
    this.confirmed += events.length;
    for (const event of events) {
      this.monitor.published(event);
      this.deps.confirmed?.(event);
    }
    if (this.drained) setImmediate(() => this.checkDrained());
  }

  private drain(): Promise<void> {
    return new Promise((resolve) => {
      const timer = this.deps.clock.after(FLUSH_MS, resolve);
      this.drained = () => {
        timer.cancel();
        resolve();
      };
      this.checkDrained();
    });
  }

  private checkDrained(): void {
    if (this.market.idle && this.account.idle) this.drained?.();
  }
}
