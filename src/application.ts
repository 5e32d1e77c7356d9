import type { AddressInfo } from 'node:net';
import type { DynamicModule, INestApplication, INestApplicationContext } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { NestExpressApplication } from '@nestjs/platform-express';
import type { Logger } from 'pino';
import { prepareHttp } from './api/api.module';
import { AppModule } from './app.module';
import { LOGGER } from './config/log.module';
import { NestLogger } from './config/nest-logger';
import { Settings } from './config/settings';
import { doorAdapterFor } from './gateway/gateway.module';
import { Sessions } from './gateway/sessions';
import { Readiness } from './health/readiness';
import { listen } from './listen';
import { MetricsServer } from './metrics/metrics-server';
import type { Replica } from './pubsub/fleet/replica';
import { REPLICA } from './pubsub/pubsub.module';
import type { Services } from './services/services';
import { SERVICES } from './services/services-token';
import { Hub } from './subscriptions/hub';
import { AccountUpstream } from './upstream/account/account-upstream';
import { Upstream } from './upstream/upstream';

/** A gateway that takes clients. */
export interface RunningGateway {
  readonly app: INestApplication;
  /** The port that clients connect to. */
  readonly port: number;
  /** Sends the clients away, each with its own time to come back, then lets go of the exchange and of the ports. */
  stop(): Promise<void>;
}

/** A whole gateway in this process. Rejects when a port is taken; nothing stays open then. */
export async function startGateway(settingsModule: DynamicModule): Promise<RunningGateway> {
  const { app, port, stop } = await takeClients(AppModule.with(settingsModule), leaveExchange);
  const hub = app.get(Hub);
  app.get<Services | null>(SERVICES)?.audiences.add(() => hub.audiences());
  const { host, bybitWsUrl: exchange } = app.get(Settings);
  const { port: metricsPort } = app.get(MetricsServer);
  const logger = app.get<Logger>(LOGGER);
  logger.info({ port, metricsPort, host, exchange }, 'tapecast takes clients');
  return {
    app,
    port,
    stop: async () => {
      logger.info({ clients: app.get(Sessions).active }, 'tapecast drains');
      await stop();
      logger.info('tapecast has stopped');
    },
  };
}

/**
 * The part of a gateway that clients connect to.
 * @param root with the modules of the gateway and of health
 * @param leave lets go of what brings the data
 */
export async function takeClients(
  root: DynamicModule,
  leave: (app: INestApplicationContext) => Promise<void>,
): Promise<RunningGateway> {
  const app = await NestFactory.create<NestExpressApplication>(root, {
    bufferLogs: true,
    abortOnError: false,
    // A connection that never sends a request, such as a browser's spare one, would hold up the end for ever.
    forceCloseConnections: true,
  });
  app.disable('x-powered-by');
  const settings = app.get(Settings);
  const logger = app.get<Logger>(LOGGER);
  app.useLogger(new NestLogger(logger));
  app.useWebSocketAdapter(doorAdapterFor(app));
  prepareHttp(app);
  try {
    await app.init();
    await listen(app.getHttpServer(), settings.port, settings.host);
  } catch (error) {
    await app.close();
    throw error;
  }
  const { port } = app.getHttpServer().address() as AddressInfo;
  app.get(Readiness).started = true;
  return {
    app,
    port,
    stop: async () => {
      // Once the clients are told to go nobody here listens any more, so the exchange can be let go at the same time.
      await Promise.all([app.get(Sessions).drain(settings.shutdownDrainMs), leave(app)]);
      await app.close();
    },
  };
}

/** Brings to their end the events that services are to get, then lets go of the exchange. */
export async function leaveExchange(app: INestApplicationContext): Promise<void> {
  await app.get<Services | null>(SERVICES)?.flush();
  await leaveUpstream(app);
  // Only now: in a fleet the account has been released by then, and its streams stay for whoever follows it next.
  await app.get(AccountUpstream).stop();
}

/** Lets go of the exchange; but what it brings for the clients of other replicas goes on until one of them has taken over. */
export async function leaveUpstream(app: INestApplicationContext): Promise<void> {
  await app.get<Replica | null>(REPLICA)?.pubsub.leave(app.get(Settings).shutdownDrainMs);
  await app.get(Upstream).stop();
}
