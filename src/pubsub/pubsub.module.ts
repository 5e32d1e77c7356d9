import { Module } from '@nestjs/common';
import { systemClock } from '../clock/clock';
import { Settings } from '../config/settings';
import { bootId } from './boot-id';
import { InProcessPubSub } from './in-process';
import { Publisher } from './publisher';
import type { Publishing } from './pubsub';

/** The port where data and demand meet: a `PubSub`. */
export const PUBSUB = Symbol('pubsub');

@Module({
  providers: [
    { provide: PUBSUB, inject: [Settings], useFactory: (settings: Settings) => new InProcessPubSub(settings.historySize) },
    {
      provide: Publisher,
      inject: [PUBSUB, Settings],
      useFactory: (pubsub: Publishing, { brand }: Settings) =>
        new Publisher(pubsub, brand, systemClock, bootId(Date.now(), Math.random)),
    },
  ],
  exports: [PUBSUB, Publisher],
})
export class PubSubModule {}
