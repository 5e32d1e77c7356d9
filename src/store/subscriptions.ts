import { type Selectable, sql } from 'kysely';
import type { Clock } from '../clock/clock';
import type { Database } from './database';
import type { NewSubscription, Page, ServiceSubscription, SubscriptionFilter, SubscriptionStore } from './store';
import type { SubscriptionsTable, TypedDatabase } from './tables';

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** Subscriptions of services, in SQL. One that was cancelled stays, and is active no more. */
export class SqlSubscriptions implements SubscriptionStore {
  constructor(
    private readonly database: Database,
    private readonly clock: Clock,
  ) {}

  async add(subscription: NewSubscription): Promise<ServiceSubscription | 'exists'> {
    const now = new Date(this.clock.now());
    const row = await this.database.ask((db) =>
      db
        .insertInto('subscriptions')
        .values({
          channel_type: subscription.channelType,
          symbol: subscription.symbol,
          market: subscription.market,
          topic: subscription.topic,
          requesting_service: subscription.requestingService,
          created_at: now,
          updated_at: now,
        })
        .onConflict((conflict) =>
          conflict
            .columns(['requesting_service', 'topic'])
            .where(sql<boolean>`is_active`)
            .doNothing(),
        )
        .returningAll()
        .executeTakeFirst(),
    );
    return row ? subscriptionOf(row) : 'exists';
  }

  async find(id: string): Promise<ServiceSubscription | undefined> {
    if (!UUID.test(id)) return undefined;
    const row = await this.database.ask((db) =>
      db.selectFrom('subscriptions').selectAll().where('id', '=', id).executeTakeFirst(),
    );
    return row && subscriptionOf(row);
  }

  async list(
    filter: SubscriptionFilter,
    { limit, offset }: Page,
  ): Promise<{ readonly subscriptions: ServiceSubscription[]; readonly total: number }> {
    return this.database.ask(async (db) => {
      const matching = matchingOf(db, filter);
      const { total } = await matching.select((select) => select.fn.countAll().as('total')).executeTakeFirstOrThrow();
      const rows = await matching.selectAll().orderBy('created_at', 'desc').orderBy('id').limit(limit).offset(offset).execute();
      return { subscriptions: rows.map(subscriptionOf), total: Number(total) };
    });
  }

  async active(): Promise<ServiceSubscription[]> {
    const rows = await this.database.ask((db) =>
      matchingOf(db, { isActive: true }).selectAll().orderBy('created_at', 'desc').orderBy('id').execute(),
    );
    return rows.map(subscriptionOf);
  }

  /** Made of the ids, whatever the clocks of replicas say: nothing else of an active one ever changes but its last event. */
  async mark(): Promise<string> {
    const { rows } = await this.database.ask((db) =>
      sql<{ mark: string }>`select count(*) || ':' || coalesce(sum(hashtextextended(id::text, 0)), 0) as mark
        from subscriptions where is_active`.execute(db),
    );
    return rows[0]?.mark ?? '';
  }

  async cancel(id: string): Promise<ServiceSubscription | undefined> {
    if (!UUID.test(id)) return undefined;
    const row = await this.database.ask((db) => this.cancelling(db).where('id', '=', id).returningAll().executeTakeFirst());
    return row && subscriptionOf(row);
  }

  async cancelAllOf(service: string): Promise<ServiceSubscription[]> {
    const rows = await this.database.ask((db) =>
      this.cancelling(db).where('requesting_service', '=', service).returningAll().execute(),
    );
    return rows.map(subscriptionOf);
  }

  async touch(times: ReadonlyMap<string, number>): Promise<void> {
    if (times.size === 0) return;
    const seen = JSON.stringify([...times].map(([id, at]) => ({ id, at: new Date(at) })));
    await this.database.ask((db) =>
      sql`update subscriptions set last_event_at = seen.at
        from json_to_recordset(${seen}::json) as seen(id uuid, at timestamptz)
        where subscriptions.id = seen.id and coalesce(last_event_at < seen.at, true)`.execute(db),
    );
  }

  private cancelling(db: TypedDatabase) {
    return db
      .updateTable('subscriptions')
      .set({ is_active: false, updated_at: new Date(this.clock.now()) })
      .where('is_active', '=', true);
  }
}

function matchingOf(db: TypedDatabase, { requestingService, isActive, channelType }: SubscriptionFilter) {
  let matching = db.selectFrom('subscriptions');
  if (requestingService !== undefined) matching = matching.where('requesting_service', '=', requestingService);
  if (isActive !== undefined) matching = matching.where('is_active', '=', isActive);
  if (channelType !== undefined) matching = matching.where('channel_type', '=', channelType);
  return matching;
}

function subscriptionOf(row: Selectable<SubscriptionsTable>): ServiceSubscription {
  return {
    id: row.id,
    channelType: row.channel_type,
    symbol: row.symbol,
    market: row.market,
    topic: row.topic,
    requestingService: row.requesting_service,
    isActive: row.is_active,
    createdAt: row.created_at.getTime(),
    updatedAt: row.updated_at.getTime(),
    lastEventAt: row.last_event_at?.getTime() ?? null,
  };
}
