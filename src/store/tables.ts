import type { ColumnType, Generated, GeneratedAlways, Kysely } from 'kysely';
import type { ChannelType } from '../streams/event-type';
import type { AccountKind, Market } from '../streams/stream';

/** The tables as the newest migration leaves them. */
export interface Tables {
  readonly subscriptions: SubscriptionsTable;
  readonly account_balances: AccountBalancesTable;
  readonly account_margin_balances: AccountMarginBalancesTable;
  readonly outbox: OutboxTable;
  readonly stream_places: StreamPlacesTable;
  readonly account_facts: AccountFactsTable;
  readonly account_progress: AccountProgressTable;
}

export type TypedDatabase = Kysely<Tables>;

export interface SubscriptionsTable {
  readonly id: Generated<string>;
  readonly channel_type: ChannelType;
  readonly symbol: string | null;
  readonly market: Market;
  readonly topic: string;
  readonly requesting_service: string;
  readonly is_active: Generated<boolean>;
  readonly created_at: Date;
  readonly updated_at: Date;
  readonly last_event_at: Date | null;
}

/** bigint: a text from one driver, a number from the other. */
type WholeNumber = ColumnType<string | number, number>;

/** numeric(38,18), as a decimal text. */
type Amount = string | null;

interface Recorded {
  /** Grows with the order of recording. */
  readonly id: GeneratedAlways<string>;
  readonly account_type: string;
  readonly exchange_time: Date;
  readonly recorded_at: Date;
  readonly trace_id: string | null;
}

export interface AccountBalancesTable extends Recorded {
  readonly coin: string;
  readonly equity: Amount;
  readonly wallet_balance: string;
  readonly locked: Amount;
  readonly borrowed: Amount;
  readonly accrued_interest: Amount;
  readonly unrealised_pnl: Amount;
  readonly realised_pnl: Amount;
  readonly usd_value: Amount;
}

export interface AccountMarginBalancesTable extends Recorded {
  readonly total_equity: Amount;
  readonly total_wallet_balance: Amount;
  readonly total_margin_balance: Amount;
  readonly total_available_balance: Amount;
  readonly total_unrealised_pnl: Amount;
  readonly total_initial_margin: Amount;
  readonly total_maintenance_margin: Amount;
}

interface OutboxTable {
  /** Grows with the order of keeping. */
  readonly position: GeneratedAlways<string>;
  readonly message_id: string;
  readonly stream: string;
  readonly epoch: string;
  readonly seq: WholeNumber;
  readonly routing_key: string;
  readonly trace_id: string;
  readonly body: string;
  readonly kept_at: Date;
}

interface StreamPlacesTable {
  readonly stream: string;
  readonly epoch: string;
  /** Grows with each epoch that is seen for the first time. */
  readonly appearance: GeneratedAlways<string>;
  readonly seq: WholeNumber;
  readonly moved_at: Date;
}

/** The newest that was told of each order, execution, position and coin. */
interface AccountFactsTable {
  /** Tells the keys of the exchange apart, and nothing of them. */
  readonly account: string;
  readonly kind: AccountKind;
  readonly name: string;
  readonly exchange_time: Date;
  readonly ended: boolean;
  readonly body: string;
}

interface AccountProgressTable {
  readonly account: string;
  readonly told_until: Date;
}
