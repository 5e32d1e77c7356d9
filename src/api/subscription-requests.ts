import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { Transform } from 'class-transformer';
import type { SubscribeRequest, SubscriptionsQuery } from '../services/api';
import { CHANNEL_TYPES, type ChannelType } from '../streams/event-type';
import { EXCHANGE_MARKETS, INTERVALS, type ExchangeMarket, type Interval } from '../streams/stream';
import { Page } from './page';
import { flagIn } from './query-text';
import { oneOf, Optional, Required, text, wholeNumber } from './rule';

/** Of a subscription, wherever the document shows one. */
export const EXAMPLE_ID = '7c9e6679-7425-40de-944b-e07fc1f90ae7';

const SERVICE = /^[A-Za-z0-9_-]{1,64}$/;
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;
const MAX_DEPTH = 10_000;
const service = text(SERVICE, 'a name of 1 to 64 letters, digits, - and _');
const channel = { ...oneOf(CHANNEL_TYPES), code: 'INVALID_CHANNEL_TYPE' } as const;
const flag = { holds: (value: unknown) => typeof value === 'boolean', problem: 'must be true or false' };

/** What a service asks for. */
export class Subscribe implements SubscribeRequest {
  @ApiProperty({ enum: CHANNEL_TYPES, description: 'What the events are about', example: 'kline' })
  @Required(channel)
  readonly channel_type!: ChannelType;

  @ApiProperty({ pattern: SERVICE.source, description: 'Who asks: the name in its queues', example: 'risk-engine' })
  @Required(service)
  readonly requesting_service!: string;

  @ApiPropertyOptional({
    type: 'string',
    nullable: true,
    maxLength: 64,
    description: 'Of what, on the market; order, execution, position and balance have none',
    example: 'BTCUSDT',
  })
  // An empty one is a missing one, and has a code of its own.
  @Optional(text(/^.{0,64}$/s, 'a symbol such as "BTCUSDT"'))
  readonly symbol?: string;

  @ApiPropertyOptional({
    type: 'string',
    nullable: true,
    maxLength: 128,
    description: 'The stream as WebSocket clients name it, instead of interval or depth',
    example: 'kline:1h:BTCUSDT',
  })
  @Optional(text(/^.{1,128}$/s, 'the name of a stream such as "kline:1h:BTCUSDT"'))
  readonly topic?: string;

  @ApiPropertyOptional({ enum: EXCHANGE_MARKETS, nullable: true, default: 'futures', description: 'Where the symbol trades' })
  @Optional(oneOf(EXCHANGE_MARKETS))
  readonly market?: ExchangeMarket;

  @ApiPropertyOptional({ enum: INTERVALS, nullable: true, description: 'Of a kline', example: '1h' })
  @Optional(oneOf(INTERVALS))
  readonly interval?: Interval;

  @ApiPropertyOptional({
    type: 'integer',
    nullable: true,
    minimum: 1,
    maximum: MAX_DEPTH,
    description: 'Of an order book: one that the market has',
    example: 50,
  })
  @Optional(wholeNumber(1, MAX_DEPTH))
  readonly depth?: number;
}

/** Which subscriptions to list. */
export class SubscriptionFilter extends Page implements SubscriptionsQuery {
  @ApiPropertyOptional({ pattern: SERVICE.source, description: 'Only those of this service', example: 'risk-engine' })
  @Optional(service)
  readonly requesting_service?: string;

  @ApiPropertyOptional({ type: 'boolean', description: 'true: only those in force; false: only those that were cancelled' })
  @Transform(flagIn)
  @Optional(flag)
  readonly is_active?: boolean;

  @ApiPropertyOptional({ enum: CHANNEL_TYPES, description: 'Only those of this channel' })
  @Optional(channel)
  readonly channel_type?: ChannelType;
}

export class SubscriptionPath {
  @ApiProperty({ format: 'uuid', example: EXAMPLE_ID })
  @Required(text(UUID, 'a uuid, as the answer to POST /api/v1/subscriptions gave it'))
  readonly id!: string;
}

export class ServicePath {
  @ApiProperty({ pattern: SERVICE.source, example: 'risk-engine' })
  @Required(service)
  readonly name!: string;
}
