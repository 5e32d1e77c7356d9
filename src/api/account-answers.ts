import { ApiProperty } from '@nestjs/swagger';
import type { BalanceHistoryView, BalancesView, BalanceSyncView, BalanceView, MarginBalanceView } from '../services/api';

const TIME = { format: 'date-time', example: '2026-11-21T18:30:00.000Z' } as const;

/** Digits, exact to 18 decimals; never a JSON number, which could not hold them. */
const AMOUNT = { type: 'string', pattern: '^-?\\d+(\\.\\d+)?$', example: '1250.5' } as const;

function Amount(description: string): PropertyDecorator {
  return ApiProperty({ ...AMOUNT, nullable: true, description: `${description}; null where the exchange leaves it empty` });
}

export class Balance implements BalanceView {
  @ApiProperty({ example: 'USDT' })
  readonly coin!: string;

  @ApiProperty({ example: 'UNIFIED' })
  readonly account_type!: string;

  @ApiProperty({ ...AMOUNT, description: 'Negative when more is borrowed than is there' })
  readonly wallet_balance!: string;

  @Amount('With unrealised profit and loss')
  readonly equity!: string | null;

  @Amount('Held by open spot orders')
  readonly locked!: string | null;

  @Amount('Borrowed')
  readonly borrowed!: string | null;

  @Amount('Interest owed')
  readonly accrued_interest!: string | null;

  @Amount('Of open positions')
  readonly unrealised_pnl!: string | null;

  @Amount('Of closed positions, since the beginning')
  readonly realised_pnl!: string | null;

  @Amount('In US dollars')
  readonly usd_value!: string | null;

  @ApiProperty({ ...TIME, description: 'When the exchange said so' })
  readonly timestamp!: string;

  @ApiProperty({ ...TIME, description: 'When it was written down' })
  readonly recorded_at!: string;

  @ApiProperty({
    type: 'string',
    nullable: true,
    example: '4bf92f3577b34da6a3ce929d0e0e4736',
    description: 'Of the event that told it',
  })
  readonly trace_id!: string | null;
}

/** Of the whole account, in US dollars. */
export class MarginBalance implements MarginBalanceView {
  @ApiProperty({ example: 'UNIFIED' })
  readonly account_type!: string;

  @Amount('All equity')
  readonly total_equity!: string | null;

  @Amount('All wallet balances')
  readonly total_wallet_balance!: string | null;

  @Amount('What counts as margin')
  readonly total_margin_balance!: string | null;

  @Amount('What may be used')
  readonly total_available_balance!: string | null;

  @Amount('Of open positions')
  readonly total_unrealised_pnl!: string | null;

  @Amount('Initial margin in use')
  readonly total_initial_margin!: string | null;

  @Amount('Maintenance margin in use')
  readonly total_maintenance_margin!: string | null;

  @ApiProperty({ ...TIME, description: 'When the exchange said so' })
  readonly timestamp!: string;

  @ApiProperty({ ...TIME, description: 'When it was written down' })
  readonly recorded_at!: string;
}

export class Balances implements BalancesView {
  @ApiProperty({ type: [Balance], description: 'The newest of each coin, by coin' })
  readonly balances!: Balance[];

  @ApiProperty({ type: 'integer', minimum: 0, example: 1, description: 'Coins that match, on this page or not' })
  readonly total!: number;

  @ApiProperty({ type: MarginBalance, nullable: true, description: 'Of the account; null while nothing is known' })
  readonly margin!: MarginBalance | null;
}

export class BalanceHistory implements BalanceHistoryView {
  @ApiProperty({ type: [Balance], description: 'Newest first' })
  readonly records!: Balance[];

  @ApiProperty({ type: 'integer', minimum: 0, example: 1, description: 'Records that match, on this page or not' })
  readonly total!: number;
}

export class BalanceSync implements BalanceSyncView {
  @ApiProperty({ type: [String], example: ['USDT', 'BTC'] })
  readonly updated_coins!: string[];

  @ApiProperty({ type: 'integer', minimum: 0, example: 2 })
  readonly updated_count!: number;
}
