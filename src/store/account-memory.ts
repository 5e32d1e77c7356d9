import { sql } from 'kysely';
import type { AccountFact } from '../streams/account';
import type { Database } from './database';
import type { AccountMemoryStore, OutboxEvent } from './store';
import type { TypedDatabase } from './tables';

/** What has ended is known for a little longer than it is looked for: an order may be older than the last of its executions. */
const SPARE_MS = 10 * 60_000;

/** What was told of the account, in SQL. */
export class SqlAccountMemory implements AccountMemoryStore {
  constructor(private readonly database: Database) {}

  async recall(account: string): Promise<{ readonly facts: readonly AccountFact[]; readonly toldUntil: number | null }> {
    return this.database.ask(async (db) => {
      const progress = await db
        .selectFrom('account_progress')
        .select('told_until')
        .where('account', '=', account)
        .executeTakeFirst();
      const rows = await db
        .selectFrom('account_facts')
        .select(['kind', 'name', 'exchange_time', 'ended', 'body'])
        .where('account', '=', account)
        .orderBy('exchange_time')
        .execute();
      const facts = rows.map(({ exchange_time, ...fact }) => ({ ...fact, at: exchange_time.getTime() }));
      return { facts, toldUntil: progress?.told_until.getTime() ?? null };
    });
  }

  async progressed(account: string, toldUntil: number, lostOrders: readonly string[]): Promise<void> {
    const told_until = new Date(toldUntil);
    await this.database.ask((db) =>
      db.transaction().execute(async (transaction) => {
        await transaction
          .insertInto('account_progress')
          .values({ account, told_until })
          .onConflict((conflict) =>
            conflict.column('account').doUpdateSet({ told_until }).where('account_progress.told_until', '<', told_until),
          )
          .execute();
        // What somebody is just writing is not what is to go; who waited for it could wait in a ring.
        await sql`delete from account_facts where ctid in (
          select ctid from account_facts
            where account = ${account} and (
              (ended and exchange_time < ${new Date(toldUntil - SPARE_MS)})
              or (kind = 'order' and name in (select json_array_elements_text(${JSON.stringify(lostOrders)}::json))))
            for update skip locked)`.execute(transaction);
      }),
    );
  }
}

/** Remembers what these events told. What is known already and newer stays. */
export async function rememberFacts(transaction: TypedDatabase, events: readonly OutboxEvent[]): Promise<void> {
  const newest = new Map<string, AccountFact & { readonly account: string }>();
  for (const { told } of events) {
    for (const fact of told?.facts ?? []) {
      const account = told?.account ?? '';
      const name = `${account} ${fact.kind} ${fact.name}`;
      if (fact.at >= (newest.get(name)?.at ?? -Infinity)) newest.set(name, { ...fact, account });
    }
  }
  if (newest.size === 0) return;
  // Always written in the same order, so that nobody waits in a ring.
  const inOrder = [...newest].sort(([a], [b]) => (a < b ? -1 : 1));
  const facts = inOrder.map(([, { at, ...fact }]) => ({ ...fact, exchange_time: new Date(at) }));
  await sql`insert into account_facts (account, kind, name, exchange_time, ended, body)
    select account, kind, name, exchange_time, ended, body
      from json_to_recordset(${JSON.stringify(facts)}::json)
        as told(account text, kind text, name text, exchange_time timestamptz, ended boolean, body text)
    on conflict (account, kind, name) do update
      set exchange_time = excluded.exchange_time, ended = excluded.ended, body = excluded.body
      where account_facts.exchange_time <= excluded.exchange_time`.execute(transaction);
}
