import type { EventBroker, OutgoingEvent } from '../amqp/broker';
import type { Clock } from '../clock/clock';
import type { Duty } from '../duty/duty';
import { Latency } from '../meters/latency';
import type { Listening } from '../pubsub/pubsub';
import type { Store } from '../store/store';
import type { ExchangeMarket } from '../streams/stream';
import type { SymbolDirectory } from '../streams/symbol-directory';
import { Hub, type StreamAudience } from '../subscriptions/hub';
import type { AccountUpstream } from '../upstream/account/account-upstream';
import { AccountFlow } from './account-flow';
import type { ServicesApi } from './api';
import { Audiences } from './audiences';
import { Balances, type BalanceSource } from './balances';
import { Forwarder } from './forwarder';
import { Keeper, type ServicesLog } from './keeper';
import { LastEvents } from './last-events';
import type { SymbolLists } from './lists';
import { LocalServices } from './local-services';
import { NO_BROKER } from './no-broker';
import type { ServicesReport } from './services-report';
import { SubscribingServices } from './subscribing-services';

export interface ServicesOptions {
  readonly brand: string;
  readonly markets: ReadonlySet<ExchangeMarket>;
  /** How long a subscription waits for the exchange's answer. */
  readonly subscribeTimeoutMs: number;
  /** How long the end may take for what is under way. */
  readonly drainMs: number;
}

/** Something that is opened before it is used and closed after that. */
interface Opened {
  start(): Promise<void>;
  stop(): Promise<void>;
}

export interface ServicesDeps {
  readonly pubsub: Listening;
  readonly duty: Duty;
  readonly store: Store & Opened;
  /** Undefined where none is configured. */
  readonly broker: (EventBroker & Opened) | undefined;
  readonly account: Pick<BalanceSource, 'syncBalances' | 'wallet'> & Pick<AccountUpstream, 'fingerprint' | 'remember' | 'report'>;
  readonly symbols: Pick<SymbolDirectory, 'look'> & SymbolLists;
  readonly clock: Clock;
  readonly log: ServicesLog;
}

/** Everything that serves back-end services, put together. Each part that is away stops only what needs it. */
export class Services {
  readonly api: ServicesApi;
  readonly audiences = new Audiences();
  private readonly keeper: Keeper;
  private readonly forwarder: Forwarder;
  private readonly accountFlow: AccountFlow | undefined;
  private readonly lastEvents: LastEvents;
  private readonly latency = new Latency();
  /** Of its own: the clients' one counts clients. */
  private readonly hub: Hub;
  private flushed: Promise<void> | undefined;

  constructor(
    private readonly options: ServicesOptions,
    private readonly deps: ServicesDeps,
  ) {
    const { pubsub, duty, store, account, symbols, clock, log } = deps;
    const broker = deps.broker ?? NO_BROKER;
    const { brand } = options;
    const hub = new Hub(pubsub);
    this.hub = hub;
    const { fingerprint } = account;
    const lastEvents = new LastEvents(store.subscriptions, (topic, service) => this.keeper.wanted.idOf(topic, service), clock);
    const { sent } = lastEvents;
    this.lastEvents = lastEvents;
    this.forwarder = new Forwarder({ hub, broker, clock, sent, log });
    this.keeper = new Keeper({ store: store.subscriptions, forwarder: this.forwarder, broker, duty, clock, log });
    if (fingerprint !== undefined) {
      this.accountFlow = new AccountFlow({
        brand,
        pubsub,
        account: fingerprint,
        outbox: store.outbox,
        memory: store.memory,
        broker,
        duty,
        loaded: () => this.keeper.loaded,
        services: (stream) => [...(this.keeper.wanted.account.get(stream)?.keys() ?? [])],
        sent,
        clock,
        log,
      });
      account.remember(this.accountFlow.progress);
    }
    const subscribing = new SubscribingServices(
      { brand, markets: options.markets, timeoutMs: options.subscribeTimeoutMs, account: fingerprint !== undefined },
      { store, hub, symbols, keeper: this.keeper, clock },
    );
    const statusOf = (stream: string) => pubsub.streamStatus(stream);
    const balances = new Balances(store.balances, account);
    this.audiences.add(() => this.ownAudiences());
    this.api = new LocalServices({ brand, subscribing, balances, symbols, audiences: () => this.audiences.all(), statusOf });
  }

  /** Whose turn it is to forward. */
  get duty(): Duty {
    return this.deps.duty;
  }

  /** Nothing waits for a database or a broker to be there: what needs them says so until they are. */
  start(): void {
    const { store, broker } = this.deps;
    store.onAvailable((available) => {
      if (!available) return;
      void this.keeper.refresh();
      this.accountFlow?.go();
    });
    broker?.onAvailable((available) => {
      if (available) this.accountFlow?.go();
    });
    this.keeper.onLoaded(() => this.accountFlow?.go());
    this.keeper.start();
    this.accountFlow?.start();
    this.lastEvents.start();
    void store.start();
    void broker?.start();
  }

  /** An event is in its queues. */
  readonly confirmed = ({ received }: Pick<OutgoingEvent, 'received'>): void => {
    if (received !== undefined && received > 0) this.latency.observe(this.deps.clock.now() - received);
  };

  report(): ServicesReport {
    const { duty, store, broker, account } = this.deps;
    const { configured } = account.report();
    return {
      onDuty: duty.held,
      store: store.report(),
      broker: broker?.report(),
      account: configured ? account.report() : undefined,
      accountEvents: this.accountFlow?.report(),
      subscriptions: this.keeper.wanted.subscriptions.length,
      topics: this.forwarder.size,
      refused: this.forwarder.refused,
      events: this.forwarder.events.entries(),
      latency: this.latency,
    };
  }

  /** Takes nothing more from the exchange, and brings what was taken to its end, within the time that a shutdown has. May be called twice. */
  flush(): Promise<void> {
    return (this.flushed ??= this.bringToEnd());
  }

  /** Closes everything, the database last. */
  async stop(): Promise<void> {
    await this.flush();
    this.keeper.stop();
    this.accountFlow?.stop();
    this.lastEvents.stop();
    await this.deps.broker?.stop();
    await this.deps.store.stop();
  }

  private async bringToEnd(): Promise<void> {
    const { clock } = this.deps;
    this.forwarder.stop();
    const late = new Promise<void>((resolve) => clock.after(this.options.drainMs, resolve));
    await Promise.race([Promise.all([this.accountFlow?.flush(), this.lastEvents.flush()]), late]);
  }

  /** Each service counts, however many of them share one listener. */
  private ownAudiences(): StreamAudience[] {
    const services = new Map<string, number>();
    for (const { stream, count } of this.forwarder.listeners()) services.set(stream, (services.get(stream) ?? 0) + count);
    for (const [stream, { size }] of this.keeper.wanted.account) services.set(stream, size);
    return [...this.hub.audiences(), ...(this.accountFlow?.audiences() ?? [])].flatMap((audience) => {
      const subscribers = services.get(audience.stream);
      return subscribers === undefined ? [] : [{ ...audience, subscribers }];
    });
  }
}
