import { Module } from '@nestjs/common';
import { PUBSUB, PubSubModule } from '../pubsub/pubsub.module';
import type { Listening } from '../pubsub/pubsub';
import { Hub } from './hub';

@Module({
  imports: [PubSubModule],
  providers: [{ provide: Hub, inject: [PUBSUB], useFactory: (pubsub: Listening) => new Hub(pubsub) }],
  exports: [Hub],
})
export class SubscriptionsModule {}
