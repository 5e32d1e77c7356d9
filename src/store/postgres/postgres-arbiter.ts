import { Socket } from 'node:net';
import { Client } from 'pg';
import type { Clock, Timer } from '../../clock/clock';
import type { AskedArbiter, Verdict } from '../../duty/duty';

/** How often the lock is asked for while others have it, and how often it is looked after while it is ours. */
const ASK_MS = 500;
/** Without an answer for so long the verdict is unknown. Counted from before it was asked for. */
const ANSWER_MS = 2500;
/** Later than that the server ends the session of a process that froze, and gives its lock to others. PostgreSQL 13 cannot. */
const SERVER_MS = 5000;
const LONGEST_WAIT_MS = 4000;

/**
 * Who of the processes that share a database is on duty: who has a session's advisory lock. It belongs to the database and the schema,
 * lives with a connection of its own, and is gone with it: when the process dies, and when the server does.
 */
export class PostgresArbiter implements AskedArbiter {
  private readonly listeners: (() => void)[] = [];
  /** Who asks for nothing does not have it: that is no fault, and before the first answer nobody may count on one. */
  private current: Verdict = 'others';
  private wanted = false;
  private session: Session | undefined;
  private ticks: Timer | undefined;
  private failures = 0;
  /** Not before this time is a connection tried again. */
  private rested = 0;

  constructor(
    private readonly url: string,
    private readonly clock: Clock,
    private readonly random: () => number,
  ) {}

  get verdict(): Verdict {
    // A process that was frozen looks here before anything has told it.
    const { session } = this;
    return session && this.clock.monotonic() - session.heardOf >= ANSWER_MS ? 'unknown' : this.current;
  }

  onVerdict(listener: () => void): void {
    this.listeners.push(listener);
  }

  want(wanted: boolean): void {
    if (this.wanted === wanted) return;
    this.wanted = wanted;
    if (wanted) this.tick();
    else this.leave();
  }

  start(): void {
    if (this.ticks) return;
    this.ticks = this.clock.every(ASK_MS, () => this.tick());
    this.tick();
  }

  /** Gives back what it has. Resolves when its connection is closed. */
  async stop(): Promise<void> {
    this.ticks?.cancel();
    this.ticks = undefined;
    const { session } = this;
    this.leave();
    await session?.ended;
  }

  private leave(): void {
    const { session } = this;
    this.session = undefined;
    session?.end();
    // Who asks anew is to have an answer soon, be it that there is none.
    this.rested = 0;
    this.tell('others');
  }

  private tick(): void {
    if (!this.ticks || !this.wanted) return;
    const now = this.clock.monotonic();
    if (!this.session) {
      if (now >= this.rested) this.open();
    } else if (now - this.session.heardOf >= ANSWER_MS) this.lost(this.session);
    else void this.ask(this.session);
  }

  private open(): void {
    const session = new Session(this.url, this.clock, () => this.lost(session));
    this.session = session;
    void this.ask(session);
  }

  private async ask(session: Session): Promise<void> {
    try {
      const ours = await session.ask();
      if (this.session !== session || ours === undefined) return;
      this.failures = 0;
      this.tell(ours ? 'ours' : 'others');
    } catch {
      this.lost(session);
    }
  }

  private lost(session: Session): void {
    session.cut();
    if (this.session !== session) return;
    this.session = undefined;
    const wait = Math.min(LONGEST_WAIT_MS, ASK_MS * 2 ** Math.min(this.failures++, 8)) * (0.5 + this.random() / 2);
    this.rested = this.clock.monotonic() + wait;
    this.tell('unknown');
  }

  private tell(verdict: Verdict): void {
    if (this.current === verdict) return;
    this.current = verdict;
    for (const hear of this.listeners) hear();
  }
}

/** One connection that asks for the lock until it has it, and has it until it ends. */
class Session {
  /** The server was well after this time. At first it has as long to let us in. */
  heardOf: number;
  readonly ended: Promise<void>;
  private readonly socket = new Socket();
  private readonly client: Client;
  private ready: Promise<unknown> | undefined;
  private asking = false;
  private has = false;

  constructor(
    url: string,
    private readonly clock: Clock,
    broken: () => void,
  ) {
    this.heardOf = clock.monotonic();
    this.client = new Client({
      connectionString: url,
      application_name: 'tapecast duty',
      keepAlive: true,
      stream: () => this.socket,
    });
    this.client.on('error', broken);
    this.ended = new Promise((resolve) => this.client.once('end', resolve));
  }

  /** Whether the lock is ours; undefined while the question before is not answered. */
  async ask(): Promise<boolean | undefined> {
    if (this.asking) return undefined;
    this.asking = true;
    this.ready ??= this.enter();
    await this.ready;
    const asked = this.clock.monotonic();
    if (this.has) await this.client.query('select 1');
    else this.has = await this.tryLock();
    this.heardOf = asked;
    this.asking = false;
    return this.has;
  }

  /** Politely: the lock is free at once. */
  end(): void {
    const patience = this.clock.after(ANSWER_MS, () => this.cut());
    void this.client.end().finally(() => patience.cancel());
  }

  cut(): void {
    this.socket.destroy();
  }

  private async enter(): Promise<void> {
    await this.client.connect();
    await this.client.query(
      `select set_config('idle_session_timeout', '${SERVER_MS}', false) where current_setting('server_version_num')::int >= 140000`,
    );
  }

  private async tryLock(): Promise<boolean> {
    const { rows } = await this.client.query<{ locked: boolean }>(
      `select pg_try_advisory_lock(hashtext('tapecast duty'), hashtext(current_schema())) as locked`,
    );
    return rows[0]?.locked === true;
  }
}
