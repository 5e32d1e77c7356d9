import { Module } from '@nestjs/common';
import { systemClock } from '../clock/clock';
import { Settings } from '../config/settings';
import { bootId } from '../pubsub/boot-id';
import { PUBSUB, PubSubModule } from '../pubsub/pubsub.module';
import type { Listening } from '../pubsub/pubsub';
import { Hub } from './hub';
import { RatedListening } from './rated-listening';

@Module({
  imports: [PubSubModule],
  providers: [
    {
      provide: Hub,
      inject: [PUBSUB, Settings],
      useFactory: (pubsub: Listening, { brand }: Settings) =>
        new Hub(new RatedListening(pubsub, brand, systemClock, bootId(Date.now(), Math.random))),
    },
  ],
  exports: [Hub],
})
export class SubscriptionsModule {}
