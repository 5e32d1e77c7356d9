import { Module } from '@nestjs/common';
import { APP_FILTER } from '@nestjs/core';
import { TerminusModule } from '@nestjs/terminus';
import { systemClock } from '../clock/clock';
import { Settings } from '../config/settings';
import { Admission } from '../gateway/admission';
import { GatewayModule } from '../gateway/gateway.module';
import { Sessions } from '../gateway/sessions';
import type { Replica } from '../pubsub/fleet/replica';
import type { PubSub } from '../pubsub/pubsub';
import { PUBSUB, PubSubModule, REPLICA } from '../pubsub/pubsub.module';
import type { Services } from '../services/services';
import { SERVICES } from '../services/services-token';
import { Hub } from '../subscriptions/hub';
import { SubscriptionsModule } from '../subscriptions/subscriptions.module';
import { Upstream } from '../upstream/upstream';
import { Health } from './health';
import { HealthController } from './health.controller';
import { HttpErrorFilter } from './http-error-filter';
import { OwnPages, Pages } from './pages';
import { ProbesController } from './probes.controller';
import { Readiness } from './readiness';
import { RootController } from './root.controller';
import { Stats } from './stats';
import { StatsController } from './stats.controller';

/** {@link Pages} of all the processes on this one's port; provided only where there are several. */
export const SHARED_PAGES = Symbol('shared pages');

@Module({
  // Terminus would log every unhealthy answer, which is once per probe; status changes are logged where they happen.
  imports: [TerminusModule.forRoot({ logger: false }), GatewayModule, SubscriptionsModule, PubSubModule],
  controllers: [RootController, ProbesController, HealthController, StatsController],
  providers: [
    { provide: APP_FILTER, useClass: HttpErrorFilter },
    {
      provide: Readiness,
      inject: [Sessions, Admission],
      useFactory: (sessions: Sessions, admission: Admission) => new Readiness(sessions, admission),
    },
    {
      provide: Health,
      inject: [Sessions, PUBSUB, Upstream, REPLICA, { token: SERVICES, optional: true }],
      useFactory: (sessions: Sessions, pubsub: PubSub, upstream: Upstream, replica: Replica | null, services?: Services | null) =>
        new Health({
          sessions,
          pubsub,
          upstream,
          fleet: replica ?? undefined,
          services: services ?? undefined,
          now: systemClock.now,
        }),
    },
    {
      provide: Stats,
      inject: [Sessions, Hub, PUBSUB, Upstream, Settings, REPLICA],
      useFactory: (
        sessions: Sessions,
        hub: Hub,
        pubsub: PubSub,
        upstream: Upstream,
        { maxClientsTotal: maxClients }: Settings,
        replica: Replica | null,
      ) => new Stats({ sessions, hub, pubsub, upstream, fleet: replica ?? undefined, maxClients, now: systemClock.now }),
    },
    {
      provide: Pages,
      inject: [Health, Stats, Readiness, { token: SHARED_PAGES, optional: true }],
      useFactory: (health: Health, stats: Stats, readiness: Readiness, shared?: Pages) =>
        shared ?? new OwnPages({ health, stats, readiness }),
    },
  ],
  exports: [Readiness],
})
export class HealthModule {}
