import { Controller, Get, HttpCode, Post, Query, UseGuards, UsePipes } from '@nestjs/common';
import { ApiBody, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { ServicesApi, type BalanceHistoryView, type BalancesView, type BalanceSyncView } from '../services/api';
import { BalanceHistory, Balances, BalanceSync } from './account-answers';
import { BalanceFilter, BalanceHistoryFilter } from './account-requests';
import { Fails, FailsWithBody } from './failures';
import { NoFields, NoQuery } from './nothing-taken';
import { PassedGuard } from './passed-guard';
import { refusalOf, RequestPipe } from './request-pipe';

const TODAY = '2026-11-21T00:00:00Z';
const TOMORROW = '2026-11-22T00:00:00Z';

/** What the platform's own account holds and held. */
@ApiTags('balances')
@UseGuards(PassedGuard)
@UsePipes(RequestPipe)
@Controller('api/v1/balances')
export class BalancesController {
  constructor(private readonly services: ServicesApi) {}

  @Get()
  @ApiOperation({ operationId: 'listBalances', summary: 'The newest balance of each coin, and of the whole account' })
  @ApiOkResponse({ type: Balances, description: 'One page of the coins that match' })
  @Fails(refusalOf('query', { limit: '0' }, BalanceFilter), 'STORE_UNAVAILABLE')
  latest(@Query() filter: BalanceFilter): Promise<BalancesView> {
    return this.services.balances(filter);
  }

  @Get('history')
  @ApiOperation({ operationId: 'listBalanceHistory', summary: 'Every balance that was recorded, newest first' })
  @ApiOkResponse({ type: BalanceHistory, description: 'One page of the records that match' })
  @Fails(refusalOf('query', { from: TOMORROW, to: TODAY }, BalanceHistoryFilter), 'STORE_UNAVAILABLE')
  history(@Query() filter: BalanceHistoryFilter): Promise<BalanceHistoryView> {
    return this.services.balanceHistory(filter);
  }

  @Post('sync')
  @UseGuards(NoQuery, NoFields)
  @HttpCode(200)
  @ApiOperation({ operationId: 'syncBalances', summary: 'Fetch the balances from the exchange now' })
  @ApiBody({ schema: { type: 'object', maxProperties: 0 }, required: false, description: 'Nothing, or {}' })
  @ApiOkResponse({ type: BalanceSync, description: 'Fetched and written down' })
  @FailsWithBody(refusalOf('body', { coin: 'USDT' }), 'BALANCE_SYNC_FAILED', 'STORE_UNAVAILABLE', 'ACCOUNT_NOT_CONFIGURED')
  sync(): Promise<BalanceSyncView> {
    return this.services.syncBalances();
  }
}
