import type { Server } from 'node:http';
import { Module, type INestApplication } from '@nestjs/common';
import type { Logger } from 'pino';
import { systemClock } from '../clock/clock';
import { LOGGER } from '../config/log.module';
import { marketsOf } from '../config/markets';
import { Settings } from '../config/settings';
import { SymbolDirectory } from '../streams/symbol-directory';
import { Hub } from '../subscriptions/hub';
import { SubscriptionsModule } from '../subscriptions/subscriptions.module';
import { Admission } from './admission';
import { ConformanceEcho } from './conformance-echo';
import { Deliveries } from './deliveries';
import { Flusher, type FlushTiming } from './flusher';
import { NativeDoor } from './native/native-door';
import { NativeGateway } from './native/native-gateway';
import { RequestErrorFilter } from './native/request-error-filter';
import { Requests } from './requests';
import type { SessionLimits } from './session';
import { Sessions } from './sessions';
import { Subscribing } from './subscribing';
import { DoorAdapter } from './ws-adapter';

/** How long a client that was told to go may take before its connection is dropped. */
const CLOSE_MS = 5000;
/** COMPRESSION=auto: a smaller message gains too little. */
const AUTO_DEFLATE_BYTES = 512;

const FLUSH_TIMING: FlushTiming = {
  now: () => performance.now(),
  idle: () => performance.eventLoopUtilization().idle,
  wallClock: systemClock.now,
  endOfTurn: (task) => void setImmediate(task),
  after: (ms, task) => void setTimeout(task, ms),
};

@Module({
  imports: [SubscriptionsModule],
  providers: [
    Requests,
    NativeGateway,
    RequestErrorFilter,
    {
      provide: Sessions,
      inject: [Settings, LOGGER],
      useFactory: (settings: Settings, logger: Logger) => {
        const deliveries = new Deliveries();
        const flusher = new Flusher(FLUSH_TIMING, { everyMs: settings.fanoutFlushMs });
        return new Sessions(systemClock, flusher, deliveries, limitsOf(settings), Math.random, (session, why) =>
          logger.warn({ connection: session.id, why }, 'client closed as too slow'),
        );
      },
    },
    {
      provide: Admission,
      inject: [Settings, Sessions],
      useFactory: (settings: Settings, sessions: Sessions) => {
        const { maxClientsTotal, maxHandshakesPerSecond, allowedOrigins, trustProxy } = settings;
        const limits = { maxClients: maxClientsTotal, maxHandshakesPerSecond, allowedOrigins, trustedProxies: trustProxy };
        return new Admission(limits, sessions, systemClock);
      },
    },
    {
      provide: Subscribing,
      inject: [Hub, SymbolDirectory, Settings],
      useFactory: (hub: Hub, symbols: SymbolDirectory, settings: Settings) =>
        new Subscribing(hub, symbols, systemClock, {
          brand: settings.brand,
          markets: new Set(marketsOf(settings)),
          maxSubscriptions: settings.maxSubscriptionsPerClient,
          timeoutMs: settings.subscribeTimeoutMs,
        }),
    },
  ],
  exports: [Sessions, Admission, Requests],
})
export class GatewayModule {}

/** The adapter through which clients of this application come in: one door per path. */
export function doorAdapterFor(app: INestApplication): DoorAdapter {
  const settings = app.get(Settings);
  const logger = app.get<Logger>(LOGGER);
  const deflateFrom = settings.compression === 'on' ? 0 : AUTO_DEFLATE_BYTES;
  const upgrades = { maxPayloadBytes: settings.maxPayloadBytes, compression: settings.compression !== 'off' };
  return new DoorAdapter(
    app.getHttpServer() as Server,
    new Map([['/ws', new NativeDoor(settings.brand, deflateFrom)]]),
    app.get(Sessions),
    app.get(Admission),
    app.get(Requests),
    {
      ...upgrades,
      maxPerAddress: settings.maxConnectionsPerIp,
      messagesPerSecond: settings.maxMessageRatePerClient,
      echo: settings.conformanceEcho ? new ConformanceEcho(upgrades, deflateFrom) : undefined,
    },
    (error) => logger.error({ err: error }, 'a request failed'),
  );
}

function limitsOf(settings: Settings): SessionLimits {
  return {
    messagesPerSecond: settings.maxMessageRatePerClient,
    queueBytes: settings.clientQueueBytes,
    idleMs: settings.clientIdleTimeout * 1000,
    pingMs: settings.clientPingInterval * 1000,
    stallMs: settings.fanoutCallbackTimeout * 1000,
    closeMs: CLOSE_MS,
  };
}
