import { Body, Controller, Delete, Get, HttpCode, Param, Post, Query, UseGuards, UsePipes } from '@nestjs/common';
import { ApiBody, ApiCreatedResponse, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import {
  ServicesApi,
  type CancelByServiceView,
  type CancelView,
  type SubscriptionsView,
  type SubscriptionView,
} from '../services/api';
import { Fails, FailsWithBody } from './failures';
import { NoQuery } from './nothing-taken';
import { PassedGuard } from './passed-guard';
import { refusalOf, RequestPipe } from './request-pipe';
import { Cancelled, CancelledByService, Subscription, Subscriptions } from './subscription-answers';
import { ServicePath, Subscribe, SubscriptionFilter, SubscriptionPath } from './subscription-requests';

/** Bodies that can be sent as they are; no one body has a use for every field. */
const SUBSCRIBE_EXAMPLES = {
  kline: {
    summary: 'Candles of one hour',
    value: { channel_type: 'kline', interval: '1h', symbol: 'BTCUSDT', requesting_service: 'risk-engine' },
  },
  topic: {
    summary: 'The same, named as WebSocket clients do',
    value: { channel_type: 'kline', topic: 'kline:1h:BTCUSDT', requesting_service: 'risk-engine' },
  },
  orderbook: {
    summary: 'An order book of the spot market',
    value: { channel_type: 'orderbook', depth: 50, symbol: 'BTCUSDT', market: 'spot', requesting_service: 'risk-engine' },
  },
  order: { summary: 'Orders of the account', value: { channel_type: 'order', requesting_service: 'risk-engine' } },
} as const;

/** What services ask for, and what they no longer want. */
@ApiTags('subscriptions')
@UseGuards(PassedGuard)
@UsePipes(RequestPipe)
@Controller('api/v1/subscriptions')
export class SubscriptionsController {
  constructor(private readonly services: ServicesApi) {}

  @Post()
  @UseGuards(NoQuery)
  @HttpCode(201)
  @ApiOperation({
    operationId: 'subscribe',
    summary: 'Have the events of a stream sent to the queues of a service',
    description:
      'The exchange is asked before this is answered; while it is out of reach the subscription is taken all the same, and it is asked until it answers. The events go to the queue ws-gateway.{service}.{event_type}, from now on and after every restart, until the subscription is cancelled.',
  })
  @ApiBody({ type: Subscribe, examples: SUBSCRIBE_EXAMPLES })
  @ApiCreatedResponse({ type: Subscription, description: 'In force from now on' })
  @FailsWithBody(
    refusalOf('body', { channel_type: 'ticker', symbol: 'BTCUSDT' }, Subscribe),
    'INVALID_CHANNEL_TYPE',
    'MISSING_SYMBOL',
    'INVALID_SYMBOL',
    'INVALID_TOPIC',
    'SUBSCRIPTION_EXISTS',
    'EXCHANGE_REJECTED',
    'STORE_UNAVAILABLE',
    'ACCOUNT_NOT_CONFIGURED',
  )
  subscribe(@Body() request: Subscribe): Promise<SubscriptionView> {
    return this.services.subscribe(request);
  }

  @Get()
  @ApiOperation({ operationId: 'listSubscriptions', summary: 'List subscriptions, newest first' })
  @ApiOkResponse({ type: Subscriptions, description: 'One page of those that match' })
  @Fails(refusalOf('query', { limit: '0' }, SubscriptionFilter), 'INVALID_CHANNEL_TYPE', 'STORE_UNAVAILABLE')
  list(@Query() filter: SubscriptionFilter): Promise<SubscriptionsView> {
    return this.services.subscriptions(filter);
  }

  @Delete('by-service/:name')
  @UseGuards(NoQuery)
  @ApiOperation({ operationId: 'cancelByService', summary: 'Cancel all subscriptions of a service' })
  @ApiOkResponse({ type: CancelledByService, description: 'Cancelled; also when there was none' })
  @Fails(refusalOf('param', { name: 'risk engine' }, ServicePath), 'BAD_REQUEST', 'STORE_UNAVAILABLE')
  cancelByService(@Param() { name }: ServicePath): Promise<CancelByServiceView> {
    return this.services.cancelByService(name);
  }

  @Get(':id')
  @UseGuards(NoQuery)
  @ApiOperation({ operationId: 'getSubscription', summary: 'Look at one subscription' })
  @ApiOkResponse({ type: Subscription, description: 'In force or cancelled' })
  @Fails(refusalOf('param', { id: '7' }, SubscriptionPath), 'BAD_REQUEST', 'SUBSCRIPTION_NOT_FOUND', 'STORE_UNAVAILABLE')
  find(@Param() { id }: SubscriptionPath): Promise<SubscriptionView> {
    return this.services.subscription(id.toLowerCase());
  }

  @Delete(':id')
  @UseGuards(NoQuery)
  @ApiOperation({
    operationId: 'cancelSubscription',
    summary: 'Cancel a subscription',
    description:
      'The exchange is told to stop UPSTREAM_LINGER later, when nobody else, service or WebSocket client, needs the stream.',
  })
  @ApiOkResponse({ type: Cancelled, description: 'Cancelled. Cancelling it again is SUBSCRIPTION_NOT_FOUND' })
  @Fails(refusalOf('param', { id: '7' }, SubscriptionPath), 'BAD_REQUEST', 'SUBSCRIPTION_NOT_FOUND', 'STORE_UNAVAILABLE')
  cancel(@Param() { id }: SubscriptionPath): Promise<CancelView> {
    return this.services.cancel(id.toLowerCase());
  }
}
