import { ApiPropertyOptional } from '@nestjs/swagger';
import { Transform } from 'class-transformer';
import type { BalanceHistoryQuery, BalancesQuery } from '../services/api';
import { Page } from './page';
import { timeIn, upperCaseIn } from './query-text';
import { Optional, text } from './rule';

/** The end of what the database can hold as a time is far beyond; this is the year 9999. */
const LAST_TIME = 253_402_300_799_999;
const TIME = {
  holds: (value: unknown) => Number.isSafeInteger(value) && Number(value) >= 0 && Number(value) <= LAST_TIME,
  problem: 'must be a time from 1970 on with its zone, such as 2026-11-21T18:30:00Z, or milliseconds since 1970',
};

/** Whose newest balances to list. */
export class BalanceFilter extends Page implements BalancesQuery {
  @ApiPropertyOptional({ type: 'string', maxLength: 32, description: 'Only this coin', example: 'USDT' })
  @Transform(upperCaseIn)
  @Optional(text(/^[A-Z0-9_.-]{1,32}$/, 'a coin such as USDT'))
  readonly coin?: string;
}

/** Which records of balances to list. */
export class BalanceHistoryFilter extends BalanceFilter implements BalanceHistoryQuery {
  @ApiPropertyOptional({
    type: 'string',
    description: 'The earliest: an ISO time with zone, or ms since 1970',
    example: '2026-11-21T00:00:00Z',
  })
  @Transform(timeIn)
  @Optional(TIME)
  readonly from?: number;

  @ApiPropertyOptional({ type: 'string', description: 'The latest, included', example: '2026-11-22T00:00:00Z' })
  @Transform(timeIn)
  @Optional({
    holds: (value, request) => !TIME.holds(value) || !isAfter(request, value),
    problem: 'must not be before from',
  })
  @Optional(TIME)
  readonly to?: number;
}

function isAfter(request: object, to: unknown): boolean {
  return 'from' in request && TIME.holds(request.from) && Number(request.from) > Number(to);
}
