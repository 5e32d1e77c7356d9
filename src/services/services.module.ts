import { Global, Inject, Module, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import type { Logger } from 'pino';
import { RabbitBroker } from '../amqp/rabbit-broker';
import { systemClock } from '../clock/clock';
import { hasServices } from '../config/has-services';
import { LOGGER } from '../config/log.module';
import { marketsOf } from '../config/markets';
import { Settings } from '../config/settings';
import { ALWAYS_ON_DUTY } from '../duty/always';
import { ArbitratedDuty } from '../duty/arbitrated';
import type { Duty } from '../duty/duty';
import type { Replica } from '../pubsub/fleet/replica';
import type { PubSub } from '../pubsub/pubsub';
import { PUBSUB, PubSubModule, REPLICA } from '../pubsub/pubsub.module';
import { openStore } from '../store/open-store';
import type { OpenedStore } from '../store/sql-store';
import type { Tracer } from '../tracing/tracer';
import { TRACER, TracingModule } from '../tracing/tracing.module';
import { AccountUpstream } from '../upstream/account/account-upstream';
import { DutyDemand } from '../upstream/account/duty-demand';
import { Symbols } from '../upstream/bybit/symbols';
import { ServicesApi } from './api';
import { eventSpans } from './event-spans';
import { Services } from './services';
import { SERVICES } from './services-token';

/** Global, because the REST interface asks for {@link ServicesApi} and knows nothing of what stands behind it. */
@Global()
@Module({
  imports: [PubSubModule, TracingModule],
  providers: [
    {
      provide: SERVICES,
      inject: [Settings, PUBSUB, REPLICA, Symbols, AccountUpstream, LOGGER, TRACER],
      useFactory: servicesFor,
    },
    {
      provide: ServicesApi,
      inject: [SERVICES],
      // Null where no key is configured: nobody is let in to ask for it.
      useFactory: (services: Services | null) => services?.api ?? null,
    },
  ],
  exports: [SERVICES, ServicesApi],
})
export class ServicesModule implements OnApplicationBootstrap, OnApplicationShutdown {
  constructor(
    @Inject(SERVICES) private readonly services: Services | null,
    private readonly demand: DutyDemand,
  ) {}

  onApplicationBootstrap(): void {
    const { services } = this;
    if (!services) return;
    services.start();
    // Only now: what forwards the account's events hears of the duty first.
    this.demand.follow(services.duty);
  }

  async onApplicationShutdown(): Promise<void> {
    await this.services?.stop();
  }
}

function servicesFor(
  settings: Settings,
  pubsub: PubSub,
  replica: Replica | null,
  symbols: Symbols,
  account: AccountUpstream,
  log: Logger,
  tracer: Tracer | null,
): Services | null {
  if (!hasServices(settings)) return null;
  const { amqpUrl, databaseUrl, dataDir, queueTtlMs, queueMaxLength, brand, subscribeTimeoutMs, shutdownDrainMs } = settings;
  const deps = { clock: systemClock, random: Math.random, log };
  const store = openStore({ databaseUrl, dataDir }, deps);
  const duty = replica ? sharedDuty(replica, store) : ALWAYS_ON_DUTY;
  const spans = tracer && eventSpans(tracer);
  const broker =
    amqpUrl === ''
      ? undefined
      : new RabbitBroker(
          { url: amqpUrl, queueTtlMs, queueMaxLength },
          {
            ...deps,
            logsAlarms: () => duty.held,
            confirmed: (event) => {
              services.confirmed(event);
              spans?.(event);
            },
          },
        );
  const services: Services = new Services(
    { brand, markets: new Set(marketsOf(settings)), subscribeTimeoutMs, drainMs: shutdownDrainMs },
    { pubsub, duty, store, broker, account, symbols, clock: systemClock, log },
  );
  return services;
}

/** Of a fleet, whose replicas share Redis and the database. */
function sharedDuty({ pubsub }: Replica, { arbiter }: OpenedStore): Duty {
  const duty = new ArbitratedDuty(pubsub.arbiter(), arbiter);
  duty.start();
  return duty;
}
