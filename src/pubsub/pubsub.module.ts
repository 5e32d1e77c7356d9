import { Inject, Module, type OnApplicationShutdown, type OnModuleInit } from '@nestjs/common';
import type { Logger } from 'pino';
import { systemClock } from '../clock/clock';
import { LOGGER } from '../config/log.module';
import { hasServices } from '../config/has-services';
import { marketsOf } from '../config/markets';
import { Settings } from '../config/settings';
import { bootId } from './boot-id';
import { Replica } from './fleet/replica';
import { InProcessPubSub } from './in-process';
import type { WorkerListening } from './ipc/worker-listening';
import { Publisher } from './publisher';
import type { PubSub, Publishing } from './pubsub';
import { clusterAddress, serverAddress } from './redis/address';

/** The port where data and demand meet: a `PubSub`. */
export const PUBSUB = Symbol('pubsub');
/** This process's part in a fleet: a `Replica`, or null without Redis. */
export const REPLICA = Symbol('replica');
/** Set in a worker: what it hears of the process with the upstream, in place of a {@link PUBSUB} of its own. */
export const WORKER_LISTENING = Symbol('worker listening');

@Module({
  providers: [
    { provide: REPLICA, inject: [Settings, LOGGER], useFactory: replicaFor },
    {
      provide: PUBSUB,
      inject: [Settings, REPLICA, { token: WORKER_LISTENING, optional: true }],
      useFactory: ({ historySize }: Settings, replica: Replica | null, worker?: WorkerListening): PubSub | WorkerListening =>
        worker ?? replica?.pubsub ?? new InProcessPubSub(historySize),
    },
    {
      provide: Publisher,
      inject: [PUBSUB, Settings],
      useFactory: (pubsub: Publishing, { brand }: Settings) =>
        new Publisher(pubsub, brand, systemClock, bootId(Date.now(), Math.random)),
    },
  ],
  exports: [PUBSUB, REPLICA, Publisher],
})
export class PubSubModule implements OnModuleInit, OnApplicationShutdown {
  constructor(@Inject(REPLICA) private readonly replica: Replica | null) {}

  async onModuleInit(): Promise<void> {
    await this.replica?.start();
  }

  onApplicationShutdown(): void {
    this.replica?.stop();
  }
}

function replicaFor(settings: Settings, log: Logger): Replica | null {
  const { redisUrl, redisClusterNodes, redisKeyPrefix, redisMaxConnections, historySize, historyTtl, brand } = settings;
  if (redisUrl === '' && redisClusterNodes === '') return null;
  const address =
    redisUrl === '' ? clusterAddress(redisClusterNodes.split(',').map((node) => node.trim())) : serverAddress(redisUrl);
  return new Replica(
    {
      address,
      prefix: redisKeyPrefix,
      maxConnections: redisMaxConnections,
      historySize,
      historyTtlMs: historyTtl * 1000,
      brand,
      markets: hasServices(settings) ? [...marketsOf(settings), 'account'] : marketsOf(settings),
      id: bootId(Date.now(), Math.random),
    },
    { clock: systemClock, random: Math.random, log },
  );
}
