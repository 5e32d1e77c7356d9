import { Inject, Module, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import type { Logger } from 'pino';
import { systemClock } from '../clock/clock';
import { LOGGER } from '../config/log.module';
import { Settings } from '../config/settings';
import { GatewayModule } from '../gateway/gateway.module';
import { Requests } from '../gateway/requests';
import { Sessions } from '../gateway/sessions';
import type { Replica } from '../pubsub/fleet/replica';
import type { PubSub } from '../pubsub/pubsub';
import { PUBSUB, PubSubModule, REPLICA } from '../pubsub/pubsub.module';
import type { Services } from '../services/services';
import { SERVICES } from '../services/services-token';
import { Hub } from '../subscriptions/hub';
import { SubscriptionsModule } from '../subscriptions/subscriptions.module';
import { Upstream } from '../upstream/upstream';
import { metricsPage, type MetricsSources } from './metrics-page';
import { MetricsServer } from './metrics-server';

const SOURCES = Symbol('metrics sources');

@Module({
  imports: [GatewayModule, SubscriptionsModule, PubSubModule],
  providers: [
    {
      provide: SOURCES,
      inject: [Sessions, Requests, Hub, PUBSUB, Upstream, REPLICA, SERVICES],
      useFactory: (
        sessions: Sessions,
        requests: Requests,
        hub: Hub,
        pubsub: PubSub,
        upstream: Upstream,
        replica: Replica | null,
        services: Services | null,
      ): MetricsSources => ({
        sessions,
        requests,
        hub,
        pubsub,
        upstream,
        fleet: replica ?? undefined,
        services: services ?? undefined,
        now: systemClock.now,
      }),
    },
    {
      provide: MetricsServer,
      inject: [Settings, SOURCES, LOGGER],
      useFactory: ({ host, metricsPort }: Settings, sources: MetricsSources, logger: Logger) =>
        new MetricsServer({ host, port: metricsPort }, () => metricsPage(sources), logger),
    },
  ],
  exports: [MetricsServer],
})
export class MetricsModule implements OnApplicationBootstrap, OnApplicationShutdown {
  constructor(
    @Inject(MetricsServer) private readonly server: MetricsServer,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  async onApplicationBootstrap(): Promise<void> {
    await this.server.start();
    this.logger.info({ port: this.server.port }, 'metrics can be read');
  }

  async onApplicationShutdown(): Promise<void> {
    await this.server.stop();
  }
}
