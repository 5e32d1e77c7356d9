import { type Kysely, type Migration, sql } from 'kysely';

/*
 * What has been released is never changed: a change is a migration of its own, whose name comes after the others. It must leave
 * the tables usable for the version before, which may still be running on other replicas. Every table is written by both kinds of
 * database, so only what PostgreSQL 13 knows may be used.
 */

const services: Migration = {
  async up(db: Kysely<unknown>) {
    await sql`
      create table subscriptions (
        id uuid primary key default gen_random_uuid(),
        channel_type text not null,
        symbol text,
        market text not null,
        topic text not null,
        requesting_service text not null,
        is_active boolean not null default true,
        created_at timestamptz not null,
        updated_at timestamptz not null,
        last_event_at timestamptz
      )`.execute(db);
    await sql`create unique index subscriptions_active on subscriptions (requesting_service, topic) where is_active`.execute(db);
    await sql`create index subscriptions_newest on subscriptions (created_at desc, id)`.execute(db);

    // Coins in the order of their bytes, whatever the database's language.
    await sql`
      create table account_balances (
        id bigint generated always as identity primary key,
        account_type text not null,
        coin text collate "C" not null,
        equity numeric(38, 18),
        wallet_balance numeric(38, 18) not null,
        locked numeric(38, 18),
        borrowed numeric(38, 18),
        accrued_interest numeric(38, 18),
        unrealised_pnl numeric(38, 18),
        realised_pnl numeric(38, 18),
        usd_value numeric(38, 18),
        exchange_time timestamptz not null,
        recorded_at timestamptz not null,
        trace_id text
      )`.execute(db);
    await sql`create index account_balances_of_coin on account_balances (coin, exchange_time desc, id desc)`.execute(db);
    await sql`create index account_balances_newest on account_balances (exchange_time desc, id desc)`.execute(db);

    await sql`
      create table account_margin_balances (
        id bigint generated always as identity primary key,
        account_type text not null,
        total_equity numeric(38, 18),
        total_wallet_balance numeric(38, 18),
        total_margin_balance numeric(38, 18),
        total_available_balance numeric(38, 18),
        total_unrealised_pnl numeric(38, 18),
        total_initial_margin numeric(38, 18),
        total_maintenance_margin numeric(38, 18),
        exchange_time timestamptz not null,
        recorded_at timestamptz not null,
        trace_id text
      )`.execute(db);
    await sql`create index account_margin_balances_newest on account_margin_balances (exchange_time desc, id desc)`.execute(db);

    // The body is sent as it was kept, so it is text: jsonb would write it anew.
    await sql`
      create table outbox (
        position bigint generated always as identity primary key,
        message_id text not null unique,
        stream text not null,
        epoch text not null,
        seq bigint not null,
        routing_key text not null,
        trace_id text not null,
        body text not null,
        kept_at timestamptz not null
      )`.execute(db);
    await sql`
      create table stream_places (
        stream text not null,
        epoch text not null,
        appearance bigint generated always as identity,
        seq bigint not null,
        moved_at timestamptz not null,
        primary key (stream, epoch)
      )`.execute(db);
  },
};

const accountMemory: Migration = {
  async up(db: Kysely<unknown>) {
    await sql`
      create table account_facts (
        account text not null,
        kind text not null,
        name text collate "C" not null,
        exchange_time timestamptz not null,
        ended boolean not null,
        body text not null,
        primary key (account, kind, name)
      )`.execute(db);
    await sql`create index account_facts_ended on account_facts (account, exchange_time) where ended`.execute(db);
    await sql`
      create table account_progress (
        account text primary key,
        told_until timestamptz not null
      )`.execute(db);
  },
};

/** By name, in the order they are run. */
export const MIGRATIONS: Record<string, Migration> = {
  '0001-services': services,
  '0002-account-memory': accountMemory,
};
