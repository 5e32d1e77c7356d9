import { Global, Module, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import type { Logger } from 'pino';
import { systemClock } from '../clock/clock';
import { LOGGER } from '../config/log.module';
import { marketsOf } from '../config/markets';
import { Settings } from '../config/settings';
import { PUBSUB, PubSubModule } from '../pubsub/pubsub.module';
import { Publisher } from '../pubsub/publisher';
import type { Demand } from '../pubsub/pubsub';
import { SymbolDirectory } from '../streams/symbol-directory';
import { transformOf } from '../transform/bybit/transform-of';
import { AccountUpstream } from './account/account-upstream';
import { DutyDemand } from './account/duty-demand';
import { BybitCredentials } from './bybit/account/credentials';
import { Symbols } from './bybit/symbols';
import { Upstream, type UpstreamOptions } from './upstream';

/** Global, because the gateway looks symbols up through {@link SymbolDirectory} and knows no upstream. */
@Global()
@Module({
  imports: [PubSubModule],
  providers: [
    {
      provide: Symbols,
      inject: [Settings, LOGGER, Upstream],
      useFactory: (settings: Settings, logger: Logger, upstream: Upstream) =>
        new Symbols(
          { restUrl: settings.bybitRestUrl, markets: marketsOf(settings) },
          { clock: systemClock, log: logger, changed: (market, gone, come) => upstream.listed(market, gone, come) },
        ),
    },
    { provide: SymbolDirectory, useExisting: Symbols },
    {
      provide: Upstream,
      inject: [Settings, PUBSUB, Publisher, LOGGER],
      useFactory: (settings: Settings, demand: Demand, publisher: Publisher, logger: Logger) =>
        new Upstream(
          {
            wsUrl: settings.bybitWsUrl,
            markets: marketsOf(settings),
            ...patienceOf(settings),
            silenceMs: settings.upstreamSilenceTimeout * 1000,
            restUrl: settings.bybitRestUrl,
          },
          { demand, publisher, transformOf, clock: systemClock, random: Math.random, log: logger },
        ),
    },
    { provide: DutyDemand, inject: [PUBSUB], useFactory: (demand: Demand) => new DutyDemand(demand) },
    {
      provide: AccountUpstream,
      inject: [Settings, DutyDemand, Publisher, LOGGER],
      useFactory: (settings: Settings, demand: DutyDemand, publisher: Publisher, logger: Logger) =>
        new AccountUpstream(
          {
            credentials: credentialsOf(settings),
            wsUrl: settings.bybitPrivateWsUrl,
            restUrl: settings.bybitPrivateRestUrl,
            ...patienceOf(settings),
          },
          { demand, publisher, clock: systemClock, random: Math.random, log: logger },
        ),
    },
  ],
  exports: [Upstream, AccountUpstream, DutyDemand, Symbols, SymbolDirectory],
})
export class UpstreamModule implements OnApplicationBootstrap, OnModuleDestroy {
  constructor(
    private readonly upstream: Upstream,
    private readonly account: AccountUpstream,
    private readonly symbols: Symbols,
  ) {}

  onApplicationBootstrap(): void {
    this.symbols.start();
    this.upstream.start();
    this.account.start();
  }

  async onModuleDestroy(): Promise<void> {
    this.symbols.stop();
    await Promise.all([this.upstream.stop(), this.account.stop()]);
  }
}

/** How long either upstream waits for what. */
function patienceOf(settings: Settings): Pick<UpstreamOptions, 'keepAlive' | 'backoff' | 'lingerMs'> {
  return {
    keepAlive: { pingIntervalMs: settings.bybitPingInterval * 1000, pongTimeoutMs: settings.bybitPingTimeout * 1000 },
    backoff: {
      initialMs: settings.bybitReconnectDelayInitial * 1000,
      maxMs: settings.bybitReconnectDelayMax * 1000,
      multiplier: settings.bybitReconnectDelayMultiplier,
    },
    lingerMs: settings.upstreamLinger * 1000,
  };
}

function credentialsOf({ bybitApiKey, bybitApiSecret }: Settings): BybitCredentials | undefined {
  return bybitApiKey === '' || bybitApiSecret === '' ? undefined : new BybitCredentials(bybitApiKey, bybitApiSecret);
}
