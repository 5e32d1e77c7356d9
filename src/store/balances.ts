import { sql } from 'kysely';
import type { Clock } from '../clock/clock';
import type { AccountBalance } from '../streams/account';
import { recordBalance } from './balance-recording';
import { balanceOf, marginOf } from './balance-rows';
import type { Database, StoreLog } from './database';
import type { BalanceRecord, BalanceStore, MarginRecord, Page } from './store';
import type { TypedDatabase } from './tables';

interface HistoryFilter {
  readonly coin?: string | undefined;
  readonly from?: number | undefined;
  readonly to?: number | undefined;
}

/** What was recorded of the account, in SQL. The outbox records what events tell, together with them. */
export class SqlBalances implements BalanceStore {
  constructor(
    private readonly database: Database,
    private readonly clock: Clock,
    private readonly log: StoreLog,
  ) {}

  async append(balance: AccountBalance, timestamp: number, traceId: string | null): Promise<void> {
    const circumstances = { exchangeTime: new Date(timestamp), recordedAt: new Date(this.clock.now()), traceId };
    await this.database.ask((db) =>
      db.transaction().execute((transaction) => recordBalance(transaction, balance, circumstances, this.log)),
    );
  }

  async latest(
    { coin }: { readonly coin?: string | undefined },
    { limit, offset }: Page,
  ): Promise<{ readonly balances: BalanceRecord[]; readonly total: number; readonly margin: MarginRecord | null }> {
    return this.database.ask(async (db) => {
      const coins = coinsOf(db, coin);
      const { total } = await coins.select((select) => select.fn.countAll().as('total')).executeTakeFirstOrThrow();
      const rows = await coins
        .innerJoinLateral(
          (from) =>
            from
              .selectFrom('account_balances')
              .select(RECORD)
              .select(exact('wallet_balance'))
              .select(COIN_AMOUNTS.map(exact))
              .whereRef('account_balances.coin', '=', 'coins.coin')
              .orderBy('exchange_time', 'desc')
              .orderBy('id', 'desc')
              .limit(1)
              .as('newest'),
          (join) => join.onTrue(),
        )
        .selectAll('newest')
        .orderBy('newest.coin')
        .limit(limit)
        .offset(offset)
        .execute();
      return { balances: rows.map(balanceOf), total: Number(total), margin: await newestMargin(db) };
    });
  }

  async history(
    filter: HistoryFilter,
    { limit, offset }: Page,
  ): Promise<{ readonly records: BalanceRecord[]; readonly total: number }> {
    return this.database.ask(async (db) => {
      const matching = matchingOf(db, filter);
      const { total } = await matching.select((select) => select.fn.countAll().as('total')).executeTakeFirstOrThrow();
      const rows = await matching
        .select(RECORD)
        .select(exact('wallet_balance'))
        .select(COIN_AMOUNTS.map(exact))
        .orderBy('exchange_time', 'desc')
        .orderBy('id', 'desc')
        .limit(limit)
        .offset(offset)
        .execute();
      return { records: rows.map(balanceOf), total: Number(total) };
    });
  }
}

const RECORD = [
  'account_balances.account_type',
  'account_balances.coin',
  'account_balances.exchange_time',
  'account_balances.recorded_at',
  'account_balances.trace_id',
] as const;

/** Those that may be unknown. */
const COIN_AMOUNTS = ['equity', 'locked', 'borrowed', 'accrued_interest', 'unrealised_pnl', 'realised_pnl', 'usd_value'] as const;

const MARGIN_AMOUNTS = [
  'total_equity',
  'total_wallet_balance',
  'total_margin_balance',
  'total_available_balance',
  'total_unrealised_pnl',
  'total_initial_margin',
  'total_maintenance_margin',
] as const;

/**
 * An amount as text, so that no driver makes a number of it. numeric(38,18) comes with 18 decimals whatever was written: `trim_scale`
 * takes off the zeros at their end and changes no value; `1.50` comes back as `1.5`, `-0.00` as `0`, and never with an exponent.
 */
function exact<Name extends 'wallet_balance' | (typeof COIN_AMOUNTS)[number] | (typeof MARGIN_AMOUNTS)[number]>(name: Name) {
  return sql<Name extends 'wallet_balance' ? string : string | null>`trim_scale(${sql.ref(name)})::text`.as(name);
}

/**
 * The coins of which there is a record. From one to the next through the index: `distinct` would read every record of a table that
 * only grows.
 */
function coinsOf(db: TypedDatabase, only: string | undefined) {
  return db
    .withRecursive('coins', (also) => {
      const smallest = also.selectFrom('account_balances').select((select) => select.fn.min('coin').as('coin'));
      if (only !== undefined) return smallest.where('coin', '=', only).$castTo<{ coin: string | null }>();
      return smallest.$castTo<{ coin: string | null }>().unionAll(
        also
          .selectFrom('coins')
          .select((select) =>
            select
              .selectFrom('account_balances as others')
              .select((next) => next.fn.min('others.coin').as('coin'))
              .whereRef('others.coin', '>', 'coins.coin')
              .as('coin'),
          )
          .where('coins.coin', 'is not', null)
          .$castTo<{ coin: string | null }>(),
      );
    })
    .selectFrom('coins')
    .where('coins.coin', 'is not', null);
}

function matchingOf(db: TypedDatabase, { coin, from, to }: HistoryFilter) {
  let matching = db.selectFrom('account_balances');
  if (coin !== undefined) matching = matching.where('coin', '=', coin);
  if (from !== undefined) matching = matching.where('exchange_time', '>=', new Date(from));
  if (to !== undefined) matching = matching.where('exchange_time', '<=', new Date(to));
  return matching;
}

async function newestMargin(db: TypedDatabase): Promise<MarginRecord | null> {
  const row = await db
    .selectFrom('account_margin_balances')
    .select(['account_type', 'exchange_time', 'recorded_at'])
    .select(MARGIN_AMOUNTS.map(exact))
    .orderBy('exchange_time', 'desc')
    .orderBy('id', 'desc')
    .limit(1)
    .executeTakeFirst();
  return row ? marginOf(row) : null;
}
