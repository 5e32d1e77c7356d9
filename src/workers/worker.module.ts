import type { Duplex } from 'node:stream';
import { Global, Module, type DynamicModule } from '@nestjs/common';
import { ApiModule } from '../api/api.module';
import { systemClock } from '../clock/clock';
import { LogModule } from '../config/log.module';
import { Settings } from '../config/settings';
import { GatewayModule } from '../gateway/gateway.module';
import { HealthModule, SHARED_PAGES } from '../health/health.module';
import { IpcWire } from '../pubsub/ipc/ipc-wire';
import { WorkerListening } from '../pubsub/ipc/worker-listening';
import { WORKER_LISTENING } from '../pubsub/pubsub.module';
import { ServicesApi } from '../services/api';
import { SymbolDirectory } from '../streams/symbol-directory';
import { SymbolsElsewhere } from '../upstream/bybit/symbols-elsewhere';
import { Upstream } from '../upstream/upstream';
import type { Calls } from './calls';
import { PagesElsewhere } from './pages-elsewhere';
import { ServicesElsewhere } from './services-elsewhere';
import { UpstreamElsewhere } from './upstream-elsewhere';
import { WRITE_TIMING } from './write-timing';

/** What a worker has from the primary, in place of the modules that have it themselves. */
@Global()
@Module({})
class PrimarysModule {}

/** A process that only takes clients: what they hear comes from the primary. */
@Module({})
export class WorkerModule {
  /** @param socket to the primary, for what is published */
  static with(settings: DynamicModule, socket: Duplex, primary: Calls): DynamicModule {
    const primarys: DynamicModule = {
      module: PrimarysModule,
      providers: [
        {
          provide: WORKER_LISTENING,
          inject: [Settings],
          useFactory: ({ brand }: Settings) => {
            const listening = new WorkerListening(new IpcWire(socket, WRITE_TIMING), brand);
            listening.start();
            return listening;
          },
        },
        { provide: Upstream, useClass: UpstreamElsewhere },
        {
          provide: ServicesApi,
          inject: [Settings],
          useFactory: ({ subscribeTimeoutMs }: Settings) => new ServicesElsewhere(primary, subscribeTimeoutMs),
        },
        { provide: SHARED_PAGES, useValue: new PagesElsewhere(primary) },
        {
          provide: SymbolDirectory,
          useFactory: () => new SymbolsElsewhere(systemClock, (market, symbol) => primary.tell('unknown', { market, symbol })),
        },
      ],
      exports: [WORKER_LISTENING, Upstream, ServicesApi, SHARED_PAGES, SymbolDirectory],
    };
    return { module: WorkerModule, imports: [settings, LogModule, primarys, GatewayModule, ApiModule, HealthModule] };
  }
}
