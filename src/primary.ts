import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { Logger } from 'pino';
import { leaveExchange } from './application';
import { systemClock } from './clock/clock';
import { SettingsModule } from './config/config.module';
import { LOGGER, LogModule } from './config/log.module';
import { NestLogger } from './config/nest-logger';
import type { Settings } from './config/settings';
import { MetricsServer } from './metrics/metrics-server';
import { IpcHost, type Hosted } from './pubsub/ipc/ipc-host';
import type { PubSub } from './pubsub/pubsub';
import type { Replica } from './pubsub/fleet/replica';
import { PUBSUB, PubSubModule, REPLICA } from './pubsub/pubsub.module';
import type { Services } from './services/services';
import { SERVICES } from './services/services-token';
import { ServicesModule } from './services/services.module';
import type { ExchangeMarket } from './streams/stream';
import type { StreamAudience } from './subscriptions/hub';
import { Symbols } from './upstream/bybit/symbols';
import { Upstream } from './upstream/upstream';
import { UpstreamModule } from './upstream/upstream.module';
import { Crew } from './workers/crew';
import { CrewMetrics } from './workers/crew-metrics';
import { answerCall } from './workers/services-elsewhere';
import { ANSWER_MS, CrewPages } from './workers/crew-pages';
import { forking } from './workers/forking';
import { WRITE_TIMING } from './workers/write-timing';

/** What a worker may take to end, beside the time for its clients, before it is killed. */
const END_MS = 1000;

@Module({})
class PrimaryModule {}

export interface RunningCrew {
  readonly logger: Logger;
  stop(): Promise<void>;
}

/** The process with the upstream: starts the workers, feeds them, replaces those that die, and answers for all of them. */
export async function runPrimary(settings: Settings): Promise<RunningCrew> {
  const root = {
    module: PrimaryModule,
    imports: [SettingsModule.of(settings), LogModule, PubSubModule, UpstreamModule, ServicesModule],
  };
  const app = await NestFactory.createApplicationContext(root, { bufferLogs: true, abortOnError: false });
  const logger = app.get<Logger>(LOGGER);
  app.useLogger(new NestLogger(logger));
  const pubsub = app.get<PubSub & Hosted>(PUBSUB);
  const upstream = app.get(Upstream);
  const symbols = app.get(Symbols);
  const fleet = app.get<Replica | null>(REPLICA) ?? undefined;
  const services = app.get<Services | null>(SERVICES) ?? undefined;
  const host = new IpcHost(pubsub, WRITE_TIMING);
  host.start();
  const crew: Crew = new Crew(settings.workers, {
    fork: forking(),
    serve: (socket) => host.serve(socket),
    handlers: {
      health: () => pages.health(),
      stats: () => pages.stats(),
      obstacle: () => pages.obstacle(),
      services: (asked: Parameters<typeof answerCall>[1]) => services && answerCall(services.api, asked),
      unknown: ({ market, symbol }: { market: ExchangeMarket; symbol: string }) => void symbols.look(market, symbol),
    },
    ready: (worker) => worker.tell('symbols', [...symbols.lists()]),
    clock: systemClock,
    log: logger,
  });
  symbols.onRenewed(() => crew.tellAll('symbols', [...symbols.lists()]));
  services?.audiences.add(async () => (await crew.askAll<StreamAudience[]>('audiences', ANSWER_MS)).answers.flat());
  const { now } = systemClock;
  const pages = new CrewPages({ crew, pubsub, upstream, fleet, services, maxClients: settings.maxClientsTotal, now });
  const metrics = new CrewMetrics({ crew, host, pubsub, upstream, fleet, services, now });
  const { host: address, metricsPort, bybitWsUrl: exchange } = settings;
  const server = new MetricsServer({ host: address, port: metricsPort }, () => metrics, logger);
  let port: number;
  try {
    await server.start();
    logger.info({ port: server.port }, 'metrics can be read');
    port = await crew.start();
  } catch (error) {
    await server.stop();
    await app.close();
    throw error;
  }
  const { workers } = settings;
  logger.info({ port, metricsPort: server.port, host: address, exchange, workers }, 'tapecast takes clients');
  return {
    logger,
    stop: async () => {
      logger.info({ workers: crew.running }, 'tapecast drains');
      pages.draining = true;
      await Promise.all([crew.stop(settings.shutdownDrainMs + END_MS), leaveExchange(app)]);
      await server.stop();
      await app.close();
      logger.info('tapecast has stopped');
    },
  };
}
