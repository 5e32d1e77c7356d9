import { sql } from 'kysely';
import type { Clock } from '../clock/clock';
import { rememberFacts } from './account-memory';
import { recordBalance } from './balance-recording';
import type { Database, StoreLog } from './database';
import type { OutboxEvent, OutboxStore } from './store';
import type { TypedDatabase } from './tables';

/** Rows of one statement, which has its limits of parameters and of time. */
const ROWS = 500;

/** How far one numbering of one stream has been kept. */
interface Place {
  readonly stream: string;
  readonly epoch: string;
  readonly seq: number;
}

/** Account events on their way to the broker, in SQL. */
export class SqlOutbox implements OutboxStore {
  constructor(
    private readonly database: Database,
    private readonly clock: Clock,
    private readonly log: StoreLog,
  ) {}

  /**
   * The rule: an event at or before the place of its stream in the same epoch has been kept, whatever became of it since, and is left
   * out. Each epoch has a place of its own, so that a late event of an older epoch is known too. The places are locked until all is
   * done: of two replicas that keep the same events, one waits and finds them kept.
   */
  async keep(events: readonly OutboxEvent[]): Promise<void> {
    if (events.length === 0) return;
    const now = new Date(this.clock.now());
    await this.database.ask((db) =>
      db.transaction().execute(async (transaction) => {
        const places = new Map((await lockPlaces(transaction, events, now)).map((place) => [lineOf(place), place.seq]));
        const fresh = new Map<string, OutboxEvent>();
        for (const event of events) if (event.seq > (places.get(lineOf(event)) ?? NOWHERE)) fresh.set(event.messageId, event);
        if (fresh.size === 0) return;
        const kept = [...fresh.values()];
        await append(transaction, kept, now);
        await this.record(transaction, kept, now);
        await rememberFacts(transaction, kept);
        await movePlaces(transaction, kept, now);
      }),
    );
  }

  async waiting(limit: number): Promise<OutboxEvent[]> {
    const rows = await this.database.ask((db) =>
      db
        .selectFrom('outbox')
        .select(['message_id', 'stream', 'epoch', 'seq', 'routing_key', 'trace_id', 'body'])
        .orderBy('position')
        .limit(limit)
        .execute(),
    );
    return rows.map((row) => ({
      messageId: row.message_id,
      stream: row.stream,
      epoch: row.epoch,
      seq: Number(row.seq),
      routingKey: row.routing_key,
      traceId: row.trace_id,
      body: row.body,
    }));
  }

  async sent(messageIds: readonly string[]): Promise<void> {
    if (messageIds.length === 0) return;
    const ids = JSON.stringify(messageIds);
    await this.database.ask((db) =>
      sql`delete from outbox where message_id in (select json_array_elements_text(${ids}::json))`.execute(db),
    );
  }

  async place(stream: string): Promise<{ readonly epoch: string; readonly seq: number } | undefined> {
    const row = await this.database.ask((db) =>
      db
        .selectFrom('stream_places')
        .select(['epoch', 'seq'])
        .where('stream', '=', stream)
        .orderBy('appearance', 'desc')
        .limit(1)
        .executeTakeFirst(),
    );
    return row && { epoch: row.epoch, seq: Number(row.seq) };
  }

  async count(): Promise<number> {
    const { waiting } = await this.database.ask((db) =>
      db
        .selectFrom('outbox')
        .select((select) => select.fn.countAll().as('waiting'))
        .executeTakeFirstOrThrow(),
    );
    return Number(waiting);
  }

  private async record(transaction: TypedDatabase, events: readonly OutboxEvent[], recordedAt: Date): Promise<void> {
    for (const { balance, traceId } of events) {
      if (!balance) continue;
      const circumstances = { exchangeTime: new Date(balance.timestamp), recordedAt, traceId };
      await recordBalance(transaction, balance.payload, circumstances, this.log);
    }
  }
}

/** Before the first: a new epoch may begin by telling, with number 0, what is lost of the one before. */
const NOWHERE = -1;

function lineOf({ stream, epoch }: Omit<Place, 'seq'>): string {
  return `${stream}:${epoch}`;
}

/** The places of these events as they are, until the transaction ends; always locked in the same order, so that nobody waits in a ring. */
async function lockPlaces(transaction: TypedDatabase, events: readonly OutboxEvent[], now: Date): Promise<Place[]> {
  const lines = new Map(events.map(({ stream, epoch }) => [lineOf({ stream, epoch }), { stream, epoch }]));
  const rows = await transaction
    .insertInto('stream_places')
    .values([...lines].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, line]) => ({ ...line, seq: NOWHERE, moved_at: now })))
    .onConflict((conflict) => conflict.columns(['stream', 'epoch']).doUpdateSet({ epoch: sql.ref('excluded.epoch') }))
    .returning(['stream', 'epoch', 'seq'])
    .execute();
  return rows.map((row) => ({ ...row, seq: Number(row.seq) }));
}

async function movePlaces(transaction: TypedDatabase, kept: readonly OutboxEvent[], now: Date): Promise<void> {
  const furthest = new Map<string, Place>();
  for (const { stream, epoch, seq } of kept) {
    const line = lineOf({ stream, epoch });
    if (seq > (furthest.get(line)?.seq ?? NOWHERE)) furthest.set(line, { stream, epoch, seq });
  }
  for (const { stream, epoch, seq } of furthest.values()) {
    await transaction
      .updateTable('stream_places')
      .set({ seq, moved_at: now })
      .where('stream', '=', stream)
      .where('epoch', '=', epoch)
      .execute();
  }
}

async function append(transaction: TypedDatabase, events: readonly OutboxEvent[], now: Date): Promise<void> {
  for (let from = 0; from < events.length; from += ROWS) {
    const rows = events.slice(from, from + ROWS).map((event) => ({
      message_id: event.messageId,
      stream: event.stream,
      epoch: event.epoch,
      seq: event.seq,
      routing_key: event.routingKey,
      trace_id: event.traceId,
      body: event.body,
      kept_at: now,
    }));
    await transaction
      .insertInto('outbox')
      .values(rows)
      .onConflict((conflict) => conflict.column('message_id').doNothing())
      .execute();
  }
}
