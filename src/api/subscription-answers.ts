import { ApiProperty } from '@nestjs/swagger';
import { type CancelByServiceView, type CancelView, type SubscriptionsView, type SubscriptionView } from '../services/api';
import { CHANNEL_TYPES, type ChannelType } from '../streams/event-type';
import { MARKETS, type Market } from '../streams/stream';
import { StandingAnswer } from './standing-answer';
import { EXAMPLE_ID } from './subscription-requests';

export class Subscription extends StandingAnswer implements SubscriptionView {
  @ApiProperty({ format: 'uuid', example: EXAMPLE_ID })
  readonly id!: string;

  @ApiProperty({ enum: CHANNEL_TYPES, example: 'kline' })
  readonly channel_type!: ChannelType;

  @ApiProperty({ type: 'string', nullable: true, example: 'BTCUSDT', description: 'Null for the account channels' })
  readonly symbol!: string | null;

  @ApiProperty({ enum: MARKETS, example: 'futures' })
  readonly market!: Market;

  @ApiProperty({ example: 'futures.kline.1h.BTCUSDT', description: 'The stream, as events name it' })
  readonly topic!: string;

  @ApiProperty({ example: 'risk-engine' })
  readonly requesting_service!: string;

  @ApiProperty({ example: true, description: 'False once it is cancelled' })
  readonly is_active!: boolean;

  @ApiProperty({ format: 'date-time', example: '2026-11-21T18:30:00.000Z' })
  readonly created_at!: string;

  @ApiProperty({ format: 'date-time', example: '2026-11-21T18:30:00.000Z' })
  readonly updated_at!: string;

  @ApiProperty({
    type: 'string',
    format: 'date-time',
    nullable: true,
    example: '2026-11-21T18:31:02.417Z',
    description: 'When the newest event went out; written some seconds later. Null before the first one',
  })
  readonly last_event_at!: string | null;
}

export class Subscriptions implements SubscriptionsView {
  @ApiProperty({ type: [Subscription], description: 'Newest first' })
  readonly subscriptions!: Subscription[];

  @ApiProperty({ type: 'integer', minimum: 0, example: 1, description: 'All that match, on this page or not' })
  readonly total!: number;
}

export class Cancelled implements CancelView {
  @ApiProperty({ example: 'risk-engine has no subscription to futures.kline.1h.BTCUSDT any more.' })
  readonly message!: string;

  @ApiProperty({ format: 'uuid', example: EXAMPLE_ID })
  readonly subscription_id!: string;
}

export class CancelledByService implements CancelByServiceView {
  @ApiProperty({ example: 'risk-engine has no subscriptions any more.' })
  readonly message!: string;

  @ApiProperty({ type: 'integer', minimum: 0, example: 3 })
  readonly cancelled_count!: number;
}
