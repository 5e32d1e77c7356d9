import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Client } from 'pg';
import { systemClock } from '../../src/clock/clock';
import { openStore } from '../../src/store/open-store';
import type { OpenedStore } from '../../src/store/sql-store';
import { type OutboxEvent, StoreUnavailable } from '../../src/store/store';
import { eventually } from '../support/eventually';
import { PostgresServer, schemaIn, statement, urlOf } from '../support/servers/postgres';
import { storeLog, untilAvailable } from '../support/store';
import { TcpProxy } from '../support/tcp-proxy';

/** A machine without PostgreSQL installs it first. */
const INSTALLATION_MS = 240_000;

let server: PostgresServer;
let schema: Awaited<ReturnType<typeof schemaIn>>;
const ends: (() => Promise<void>)[] = [];

beforeAll(async () => (server = await PostgresServer.start()), INSTALLATION_MS);
afterAll(() => server.stop());
beforeEach(async () => (schema = await schemaIn(server.url)));
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

function opened(url = schema.url) {
  const log = storeLog();
  const store = openStore({ databaseUrl: url, dataDir: '' }, { clock: systemClock, random: Math.random, log });
  ends.push(() => store.stop());
  return { store, log };
}

async function started(url = schema.url): Promise<OpenedStore> {
  const { store } = opened(url);
  await store.start();
  expect(store.report()).toMatchObject({ kind: 'postgresql', available: true, reason: '' });
  return store;
}

async function proxied(): Promise<{ proxy: TcpProxy; url: string }> {
  const proxy = await TcpProxy.start(server.process.port);
  ends.push(() => proxy.stop());
  const url = new URL(schema.url);
  url.port = String(proxy.port);
  return { proxy, url: url.href };
}

async function rowsOf<Row extends object>(text: string, url = schema.url): Promise<Row[]> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query<Row>(text)).rows;
  } finally {
    await client.end();
  }
}

/** Resolves when the arbiter says this. */
async function says(store: OpenedStore, verdict: string): Promise<void> {
  if (store.arbiter.verdict === verdict) return;
  await new Promise<void>((resolve) => {
    store.arbiter.onVerdict(() => {
      if (store.arbiter.verdict === verdict) resolve();
    });
  });
}

function order(seq: number): OutboxEvent {
  const messageId = `account.order:e:${seq}`;
  return { messageId, stream: 'account.order', epoch: 'e', seq, routingKey: 'order', traceId: '0', body: '{}' };
}

describe('replicas on one database', () => {
  it('may start together on an empty one, and any number of times later', async () => {
    const stores = Array.from({ length: 6 }, () => opened().store);
    await Promise.all(stores.map((store) => store.start()));
    expect(stores.map((store) => store.report().available)).toEqual(stores.map(() => true));
    await started();
    expect(await rowsOf('select name from tapecast_migration order by name')).toEqual([
      { name: '0001-services' },
      { name: '0002-account-memory' },
    ]);
  });

  it('share it with other programs that use the same library, and with another fleet in another schema', async () => {
    await statement(schema.url, 'create table kysely_migration (name text, timestamp text)');
    await statement(schema.url, "insert into kysely_migration values ('of-another-program', '2026-01-01')");
    const store = await started();
    const other = await schemaIn(server.url);
    const elsewhere = await started(other.url);
    await store.outbox.keep([order(1)]);
    expect([await store.outbox.count(), await elsewhere.outbox.count()]).toEqual([1, 0]);
  });

  it('do not use one that a newer version has changed, and say so', async () => {
    await (await started()).stop();
    await statement(schema.url, "insert into tapecast_migration values ('0002-of-tomorrow', '2100-01-01')");
    const { store } = opened();
    await store.start();
    expect(store.report()).toMatchObject({ available: false, reason: 'a newer version has changed its tables' });
  });

  it('see what the others keep, once', async () => {
    const [one, two] = [await started(), await started()];
    const all = Array.from({ length: 30 }, (_, i) => order(i + 1));
    await Promise.all([one.outbox.keep(all), two.outbox.keep(all), one.outbox.keep(all.slice(0, 5))]);
    expect((await two.outbox.waiting(100)).map(({ seq }) => seq)).toEqual(all.map(({ seq }) => seq));
  });

  it('never wait in a ring when they keep what tells of the same orders', async () => {
    const deadlocks = () => rowsOf('select deadlocks from pg_stat_database where datname = current_database()');
    const before = await deadlocks();
    const store = await started();
    const names = Array.from({ length: 200 }, (_, i) => `order-${i}`);
    const telling = (epoch: string, all: readonly string[]): OutboxEvent[] =>
      all.map((name, i) => {
        const fact = { kind: 'order', name, at: i, ended: false, body: '{}' } as const;
        return { ...order(i + 1), messageId: `account.order:${epoch}:${i}`, epoch, told: { account: 'a', facts: [fact] } };
      });
    for (let round = 0; round < 20; round++) {
      await Promise.all([
        store.outbox.keep(telling(`one${round}`, names)),
        store.outbox.keep(telling(`other${round}`, [...names].reverse())),
      ]);
    }
    // A session has counted all when it is over.
    await store.stop();
    expect(await deadlocks()).toEqual(before);
  });
});

describe('a store whose address is wrong', () => {
  it.each([
    ['the port', () => urlOf(1), 'nobody listens there'],
    ['the host', () => 'postgres://postgres:hunter2@no-such-host.invalid/postgres', /its host name/],
    ['the user', () => server.url.replace('postgres@', 'nobody-we-know:hunter2@'), 'the user or the password is refused'],
    ['the database', () => `${server.url}-of-another-name`, 'the database does not exist'],
    ['the schema', () => `${server.url}?options=-c%20search_path%3Dnowhere`, 'no schema of the search_path exists'],
    ['the encryption', () => `${server.url}?ssl=true`, 'no agreement about TLS'],
  ])('(%s) starts, says why it is not available, and shows no secret', async (_, url, reason) => {
    const { store, log } = opened(url());
    await store.start();
    const { available, reason: shown } = store.report();
    expect(available).toBe(false);
    expect(shown).toMatch(reason);
    await expect(store.outbox.count()).rejects.toThrow(StoreUnavailable);
    expect(log.lines.map(({ text }) => text)).toContain('the database is not available');
    expect(JSON.stringify([log.lines, store.report()])).not.toContain('hunter2');
  });

  it('is available as soon as the address is right', async () => {
    const { url, proxy } = await proxied();
    proxy.refuse(true);
    const { store } = opened(url);
    await store.start();
    expect(store.report().reason).toBe('the connection was lost');
    proxy.heal();
    await untilAvailable(store);
    await store.outbox.keep([order(1)]);
    expect(await store.outbox.count()).toBe(1);
  });
});

describe('a store whose server fails', () => {
  it('(killed) refuses at once, and is back by itself with what was kept', async () => {
    const store = await started();
    await store.outbox.keep([order(1)]);
    await server.process.kill();
    await untilAvailable(store, false);
    await expect(store.outbox.keep([order(2)])).rejects.toThrow(StoreUnavailable);
    await expect(store.subscriptions.active()).rejects.toThrow(StoreUnavailable);
    await server.process.restart();
    await untilAvailable(store);
    await store.outbox.keep([order(1), order(2)]);
    expect((await store.outbox.waiting(10)).map(({ seq }) => seq)).toEqual([1, 2]);
  });

  it('(restarted) keeps what comes, at the latest when it is tried again', async () => {
    const store = await started();
    await store.outbox.keep([order(1)]);
    await server.process.restart();
    await eventually(() =>
      store.outbox.keep([order(2)]).then(
        () => true,
        (error: unknown) => {
          expect(error).toBeInstanceOf(StoreUnavailable);
          return false;
        },
      ),
    );
    expect(await store.outbox.count()).toBe(2);
  });

  it('(frozen) refuses what was asked when its time is over, finds out also when nobody asks, and is back by itself', async () => {
    const [asked, idle, stopped] = [await started(), await started(), await started()];
    asked.arbiter.want(true);
    await says(asked, 'ours');
    await server.process.pause();
    await Promise.all([
      expect(asked.outbox.keep([order(1)])).rejects.toThrow(StoreUnavailable),
      expect(stopped.outbox.count()).rejects.toThrow(StoreUnavailable),
      untilAvailable(idle, false),
      says(asked, 'unknown'),
      stopped.stop(),
    ]);
    for (const store of [asked, idle]) {
      expect(store.report()).toMatchObject({ available: false, reason: 'no answer in time' });
      await expect(store.outbox.count()).rejects.toThrow(StoreUnavailable);
    }
    await server.process.resume();
    await Promise.all([untilAvailable(asked), untilAvailable(idle), says(asked, 'ours')]);
    await asked.outbox.keep([order(1)]);
    expect(await idle.outbox.count()).toBe(1);
  });

  it('(connections cut, again and again, in the middle of what is kept) keeps everything once', async () => {
    const { url, proxy } = await proxied();
    const store = await started(url);
    const all = Array.from({ length: 200 }, (_, i) => order(i + 1));
    let cuts = 0;
    for (let from = 0; from < all.length;) {
      const kept = store.outbox.keep(all.slice(0, from + 20)).then(
        () => true,
        (error: unknown) => error,
      );
      if (cuts < 3 && from === cuts * 40) {
        await new Promise((resolve) => setImmediate(resolve));
        cuts += 1;
        proxy.reset();
      }
      const outcome = await kept;
      if (outcome === true) from += 20;
      else {
        expect(outcome).toBeInstanceOf(StoreUnavailable);
        await untilAvailable(store);
      }
    }
    expect(cuts).toBe(3);
    expect((await store.outbox.waiting(1000)).map(({ seq }) => seq)).toEqual(all.map(({ seq }) => seq));
  });

  it('(a table is locked by somebody) refuses that one question and stays available', async () => {
    const store = await started(`${schema.url}&statement_timeout=300`);
    const locker = new Client({ connectionString: schema.url });
    await locker.connect();
    ends.push(() => locker.end());
    await locker.query('begin; lock table subscriptions in access exclusive mode');
    await expect(store.subscriptions.active()).rejects.toThrow(StoreUnavailable);
    expect(await store.outbox.count()).toBe(0);
    expect(store.report().available).toBe(true);
    await locker.query('rollback');
    expect(await store.subscriptions.active()).toEqual([]);
  });
});

describe('a store that is stopped', () => {
  it('leaves no connection open', async () => {
    const store = await started();
    store.arbiter.want(true);
    await Promise.all(Array.from({ length: 20 }, () => store.outbox.count()));
    await store.stop();
    await eventually(async () => {
      const others = await rowsOf("select 1 from pg_stat_activity where application_name like 'tapecast%'");
      return others.length === 0;
    });
  });
});

describe('what docs/storage.md prunes', () => {
  it('leaves the newest balance of each coin and of the whole account, by the time of the exchange, however old they are', async () => {
    const store = await started();
    const everything = { limit: 100, offset: 0 };
    const wallet = (seq: number, timestamp: number, coin: string): OutboxEvent => ({
      messageId: `account.balance:e1:${seq}`,
      stream: 'account.balance',
      epoch: 'e1',
      seq,
      routingKey: 'balance.account.unified',
      traceId: 'f'.repeat(32),
      body: '{}',
      balance: {
        timestamp,
        payload: {
          accountType: 'UNIFIED',
          origin: 'push',
          margin: {
            totalEquity: String(seq),
            totalWalletBalance: null,
            totalMarginBalance: null,
            totalAvailableBalance: null,
            totalUnrealisedPnl: null,
            totalInitialMargin: null,
            totalMaintenanceMargin: null,
          },
          coins: [
            {
              coin,
              walletBalance: String(seq),
              equity: null,
              locked: null,
              borrowed: null,
              accruedInterest: null,
              unrealisedPnl: null,
              realisedPnl: null,
              usdValue: null,
            },
          ],
        },
      },
    });
    await store.outbox.keep([wallet(1, 1000, 'BTC'), wallet(2, 3000, 'BTC'), wallet(3, 2000, 'BTC'), wallet(4, 1500, 'USDT')]);
    for (const table of ['account_balances', 'account_margin_balances']) {
      await statement(schema.url, `update ${table} set recorded_at = now() - interval '1 year'`);
    }
    const before = await store.balances.latest({}, everything);
    const page = readFileSync(join(__dirname, '../../docs/storage.md'), 'utf8');
    const [, prune] = /```sql\n(delete from account_balances.*?)```/s.exec(page) ?? [];
    await statement(schema.url, prune ?? 'there is no such block');
    expect(await store.balances.latest({}, everything)).toEqual(before);
    expect(before).toMatchObject({ margin: { totalEquity: '2' }, total: 2 });
    expect((await store.balances.history({}, everything)).total).toBe(2);
    expect(await rowsOf('select from account_margin_balances')).toHaveLength(1);
  });
});

describe('who is on duty, by the database', () => {
  it('is one of those who want it, and another as soon as it is given back', async () => {
    const [one, two] = [await started(), await started()];
    expect(one.arbiter.verdict).toBe('others');
    one.arbiter.want(true);
    await says(one, 'ours');
    two.arbiter.want(true);
    await says(two, 'others');
    one.arbiter.want(false);
    expect(one.arbiter.verdict).toBe('others');
    await says(two, 'ours');
    await two.stop();
    one.arbiter.want(true);
    await says(one, 'ours');
  });

  it('is somebody else’s for who has only begun to ask', async () => {
    const [one, two] = [await started(), await started()];
    one.arbiter.want(true);
    await says(one, 'ours');
    const verdicts: string[] = [];
    two.arbiter.onVerdict(() => verdicts.push(two.arbiter.verdict));
    for (const wanted of [true, false, true]) {
      two.arbiter.want(wanted);
      expect(two.arbiter.verdict).toBe('others');
    }
    one.arbiter.want(false);
    await says(two, 'ours');
    expect(verdicts).toEqual(['ours']);
  });

  it('is one in each schema', async () => {
    const other = await schemaIn(server.url);
    const [one, two] = [await started(), await started(other.url)];
    for (const store of [one, two]) store.arbiter.want(true);
    await Promise.all([says(one, 'ours'), says(two, 'ours')]);
  });

  it('is unknown while the server is away, and decided anew when it is back', async () => {
    const store = await started();
    store.arbiter.want(true);
    await says(store, 'ours');
    await server.process.kill();
    await says(store, 'unknown');
    await server.process.restart();
    await says(store, 'ours');
  });

  it('is another when who has it can be heard no more', async () => {
    const { url, proxy } = await proxied();
    const [one, two] = [await started(url), await started()];
    one.arbiter.want(true);
    await says(one, 'ours');
    two.arbiter.want(true);
    await says(two, 'others');
    const verdicts: string[] = [];
    one.arbiter.onVerdict(() => verdicts.push(`one: ${one.arbiter.verdict}`));
    two.arbiter.onVerdict(() => verdicts.push(`two: ${two.arbiter.verdict}`));
    proxy.forget();
    proxy.refuse(true);
    await says(two, 'ours');
    expect(verdicts).toEqual(['one: unknown', 'two: ours']);
  });
});
