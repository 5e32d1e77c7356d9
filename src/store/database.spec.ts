import { Kysely, sql } from 'kysely';
import { ManualClock } from '../../test/support/manual-clock';
import { settled } from '../../test/support/settled';
import { storeLog } from '../../test/support/store';
import { Database } from './database';
import { embeddedDialect } from './embedded/embedded-dialect';
import type { Engine, OpenDatabase, Opening } from './engine';
import { StoreUnavailable } from './store';
import type { Tables } from './tables';

const AWAY = Object.assign(new Error('connect ECONNREFUSED 10.0.0.7:5432'), { code: 'ECONNREFUSED' });

function failure(code: string): Error {
  return Object.assign(new Error('of the server'), { code });
}

/** An engine whose database opens, or not, as it is told, and answers with nothing or with an error. */
class FakeEngine implements Engine {
  readonly kind = 'postgresql';
  readonly longestWaitMs = 5000;
  /** What each try to open it comes to, and then the last one again. */
  outcomes: (Error | 'open' | 'hangs')[] = ['open'];
  answer: Error | undefined;
  opened = 0;
  closed = 0;
  cut = 0;
  doubt: () => void = () => undefined;
  private tries = 0;

  async open({ doubt, signal }: Opening): Promise<OpenDatabase> {
    const outcome = this.outcomes[Math.min(this.tries++, this.outcomes.length - 1)];
    if (outcome instanceof Error) throw outcome;
    if (outcome === 'hangs') {
      await new Promise((_, reject) => signal.addEventListener('abort', () => reject(new Error('aborted'))));
    }
    this.opened++;
    this.doubt = doubt;
    const query = () => (this.answer ? Promise.reject(this.answer) : Promise.resolve({ rows: [] }));
    return {
      db: new Kysely<Tables>({ dialect: embeddedDialect({ query }) }),
      close: () => {
        this.closed++;
        return Promise.resolve();
      },
      cut: () => {
        this.cut++;
        return Promise.resolve();
      },
    };
  }
}

function setUp(engine = new FakeEngine()) {
  const clock = new ManualClock();
  const log = storeLog();
  const database = new Database(engine, { clock, random: () => 1, log });
  const heard: boolean[] = [];
  database.onAvailable((available) => heard.push(available));
  const ask = () => database.ask((db) => sql`select 1`.execute(db));
  return { engine, clock, log, database, heard, ask };
}

describe('a database that may be away', () => {
  it('is asked when it is open, and says since when', async () => {
    const { database, clock, heard, ask } = setUp();
    expect(database.report).toMatchObject({ available: false, reason: 'it has not been opened' });
    await expect(ask()).rejects.toThrow(StoreUnavailable);
    clock.advance(7);
    await database.start();
    expect(database.report).toEqual({ kind: 'postgresql', available: true, since: clock.now(), reason: '' });
    expect((await ask()).rows).toEqual([]);
    expect(heard).toEqual([true]);
  });

  it('starts without rejecting when it cannot be opened, and is tried again with growing waits', async () => {
    const { engine, database, clock, log, heard, ask } = setUp();
    engine.outcomes = [AWAY, AWAY, AWAY, 'open'];
    await database.start();
    expect(database.report).toMatchObject({ available: false, reason: 'nobody listens there' });
    await expect(ask()).rejects.toThrow('the database is away: nobody listens there');
    for (const wait of [250, 500]) {
      clock.advance(wait);
      await settled();
      expect(database.report.available).toBe(false);
    }
    clock.advance(999);
    await settled();
    expect(database.report.available).toBe(false);
    clock.advance(1);
    await settled();
    expect(database.report.available).toBe(true);
    expect(heard).toEqual([true]);
    expect(log.lines.map(({ text }) => text)).toEqual(['the database is not available', 'the database is available']);
  });

  it('waits no longer than its engine allows', async () => {
    const { engine, database, clock } = setUp();
    engine.outcomes = [...Array.from({ length: 12 }, () => AWAY), 'open'];
    await database.start();
    for (let i = 0; i < 12; i++) {
      clock.advance(5000);
      await settled();
    }
    expect(database.report.available).toBe(true);
  });

  it('is lost with the first question that it does not answer, for all, and opened anew', async () => {
    const { engine, database, clock, heard, ask } = setUp();
    await database.start();
    engine.answer = AWAY;
    await expect(ask()).rejects.toThrow('the database did not answer: nobody listens there');
    expect(database.report).toMatchObject({ available: false, reason: 'nobody listens there' });
    expect(engine.cut).toBe(1);
    engine.answer = undefined;
    await expect(ask()).rejects.toThrow(StoreUnavailable);
    clock.advance(250);
    await settled();
    expect((await ask()).rows).toEqual([]);
    expect(heard).toEqual([true, false, true]);
  });

  it('that is lost again at once is tried less and less often, until it has stayed', async () => {
    const { engine, database, clock, ask } = setUp();
    await database.start();
    for (const wait of [250, 500, 1000]) {
      engine.answer = AWAY;
      await expect(ask()).rejects.toThrow(StoreUnavailable);
      engine.answer = undefined;
      clock.advance(wait - 1);
      await settled();
      expect(database.report.available).toBe(false);
      clock.advance(1);
      await settled();
      expect(database.report.available).toBe(true);
    }
    for (let i = 0; i < 5; i++) {
      clock.advance(2000);
      await settled();
    }
    engine.answer = AWAY;
    await expect(ask()).rejects.toThrow(StoreUnavailable);
    engine.answer = undefined;
    clock.advance(250);
    await settled();
    expect(database.report.available).toBe(true);
  });

  it('is not lost by a question that is wrong, or that it had no time for', async () => {
    const { engine, database, ask } = setUp();
    await database.start();
    engine.answer = failure('22003');
    await expect(ask()).rejects.toBe(engine.answer);
    engine.answer = failure('57014');
    await expect(ask()).rejects.toThrow(StoreUnavailable);
    expect(database.report.available).toBe(true);
    expect(engine.cut).toBe(0);
  });

  it('is asked again, but not for ever, when two questions got in each other’s way', async () => {
    const { database } = setUp();
    await database.start();
    let asked = 0;
    const meets = (times: number) =>
      database.ask(() => (++asked <= times ? Promise.reject(failure('40P01')) : Promise.resolve('done')));
    expect(await meets(2)).toBe('done');
    asked = 0;
    await expect(meets(3)).rejects.toThrow(StoreUnavailable);
    expect(database.report.available).toBe(true);
  });

  it('is looked after while nobody asks, and at once when there is a doubt', async () => {
    const { engine, database, clock } = setUp();
    await database.start();
    engine.answer = AWAY;
    clock.advance(1999);
    await settled();
    expect(database.report.available).toBe(true);
    clock.advance(1);
    await settled();
    expect(database.report.available).toBe(false);

    engine.answer = undefined;
    clock.advance(250);
    await settled();
    engine.answer = AWAY;
    engine.doubt();
    await settled();
    expect(database.report.available).toBe(false);
  });

  it('lets a start go on that would wait for too long, and is stopped while it is being opened', async () => {
    const { engine, database, clock } = setUp();
    engine.outcomes = ['hangs'];
    const start = database.start();
    clock.advance(10_000);
    await start;
    expect(database.report.available).toBe(false);
    await database.stop();
    expect(clock.timers).toBe(0);
    expect(engine.opened).toBe(0);
  });

  it('leaves nothing behind when it is stopped, in whatever state, and can be started again', async () => {
    const { engine, database, clock, ask } = setUp();
    await database.stop();
    await database.start();
    await database.stop();
    expect({ closed: engine.closed, timers: clock.timers }).toEqual({ closed: 1, timers: 0 });
    await expect(ask()).rejects.toThrow('it has been closed');
    await database.start();
    engine.answer = AWAY;
    await expect(ask()).rejects.toThrow(StoreUnavailable);
    await database.stop();
    await database.stop();
    expect({ closed: engine.closed, cut: engine.cut, timers: clock.timers }).toEqual({ closed: 1, cut: 1, timers: 0 });
    clock.advance(60_000);
    await settled();
    expect(engine.opened).toBe(2);
  });
});
