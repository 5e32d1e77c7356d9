import type { Clock, Timer } from '../../clock/clock';
import type { Demand } from '../../pubsub/pubsub';
import { parseStreamName } from '../../streams/arg';
import type { AccountKind, AccountStream } from '../../streams/stream';
import type { BackoffOptions } from '../backoff';
import { BadFrames } from '../bad-frames';
import { AccountError } from '../bybit/account/account-error';
import { AccountReader } from '../bybit/account/account-reader';
import type { BybitCredentials } from '../bybit/account/credentials';
import { ServerTime } from '../bybit/account/server-time';
import { SignedRest } from '../bybit/account/signed-rest';
import { ConnectBreaker } from '../connect-breaker';
import { ConnectBudget } from '../connect-budget';
import type { KeepAlive } from '../connection';
import type { UpstreamLog } from '../log';
import { fetchJson } from '../rest';
import type { FetchJson } from '../rest';
import { dialWebSocket } from '../socket';
import type { Dial } from '../socket';
import type { StreamPublisher } from '../stream-publisher';
import type { AccountBook } from './account-book';
import { AccountFollower } from './account-follower';
import { AccountLink } from './account-link';
import { type AccountMemory, NO_MEMORY } from './account-memory';
import type { AccountReport, AccountState } from './account-report';
import { AccountTeller } from './account-teller';
import { CredentialBreaker } from './credential-breaker';

export interface AccountUpstreamOptions {
  /** None: no account is followed. */
  readonly credentials: BybitCredentials | undefined;
  /** `wss://stream.bybit.com` */
  readonly wsUrl: string;
  /** `https://api.bybit.com` */
  readonly restUrl: string;
  readonly keepAlive: KeepAlive;
  readonly backoff: BackoffOptions;
  /** How long the account is followed after the last listener has left. */
  readonly lingerMs: number;
  /** A request without an answer costs the connection after this. 5 s by default. */
  readonly ackTimeoutMs?: number;
}

export interface AccountUpstreamDeps {
  readonly demand: Demand;
  readonly publisher: StreamPublisher;
  readonly clock: Clock;
  /** 0 ≤ n < 1. */
  readonly random: () => number;
  readonly log: UpstreamLog;
  /** Real sockets by default. */
  readonly dial?: Dial;
  /** Real calls by default. */
  readonly fetchJson?: FetchJson;
}

const ACK_TIMEOUT_MS = 5_000;
const NOT_CONFIGURED = 'No account is configured.';

/** Follows the platform's own account on one connection, for as long as somebody wants any of its streams. */
export class AccountUpstream {
  private readonly bad: BadFrames;
  private readonly teller: AccountTeller;
  private readonly breaker: ConnectBreaker;
  private readonly credentialBreaker: CredentialBreaker;
  private readonly follower: AccountFollower | undefined;
  private readonly link: AccountLink | undefined;
  private readonly book: AccountBook | undefined;
  /** Streams that are served, and the timer that ends each when nobody wants it any more. */
  private readonly served = new Map<AccountKind, Timer | undefined>();
  private memory = NO_MEMORY;
  private running = false;
  private state: AccountState = 'off';
  private since: number;

  constructor(
    private readonly options: AccountUpstreamOptions,
    private readonly deps: AccountUpstreamDeps,
  ) {
    const { clock, log, random, publisher } = deps;
    this.since = clock.now();
    this.bad = new BadFrames(clock, log);
    this.teller = new AccountTeller(publisher, clock);
    this.breaker = new ConnectBreaker(clock);
    this.credentialBreaker = new CredentialBreaker(clock);
    const { credentials, keepAlive, backoff } = options;
    if (!credentials) return;
    const restUrl = options.restUrl.replace(/\/+$/, '');
    const fetch = deps.fetchJson ?? fetchJson;
    const time = new ServerTime(restUrl, fetch, clock);
    const rest = new SignedRest({ restUrl, credentials, time, fetchJson: fetch, clock });
    this.book = new AccountReader(rest, time, (error, path) => this.bad.add('account', error.reason, error.message, path));
    this.follower = new AccountFollower(backoff, {
      book: this.book,
      teller: this.teller,
      memory: {
        recall: () => this.memory.recall(),
        progressed: (progress) => this.memory.progressed(progress),
      },
      badFrames: this.bad,
      clock,
      random,
      log,
      refused: (reason) => this.link?.refuse(reason),
      changed: () => this.judge(),
    });
    this.link = new AccountLink(
      {
        url: `${options.wsUrl.replace(/\/+$/, '')}/v5/private`,
        keepAlive,
        backoff,
        ackTimeoutMs: options.ackTimeoutMs ?? ACK_TIMEOUT_MS,
      },
      {
        dial: deps.dial ?? dialWebSocket,
        clock,
        random,
        log,
        credentials,
        time,
        breaker: this.breaker,
        budget: new ConnectBudget(clock),
        credentialBreaker: this.credentialBreaker,
      },
      this.follower,
    );
  }

  /** Tells the two apart whose credentials differ; undefined where none are configured. */
  get fingerprint(): string | undefined {
    return this.options.credentials?.fingerprint;
  }

  /** Call it before anything is wanted: only what it knows is not told anew. */
  remember(memory: AccountMemory): void {
    this.memory = memory;
  }

  start(): void {
    this.running = true;
    const { demand } = this.deps;
    demand.onDemand((name, wanted) => {
      const stream = accountStreamOf(name);
      if (!this.running || !stream) return;
      if (wanted) this.want(stream.kind);
      else this.unwant(stream.kind);
    });
    demand.onRelease((market) => {
      if (market === 'account') this.release();
    });
    demand.onTakeover((market, reason) => {
      if (market === 'account' && this.running && !this.link?.live) this.teller.say('stale', reason);
    });
    for (const name of demand.wanted()) {
      const stream = accountStreamOf(name);
      if (stream) this.want(stream.kind);
    }
  }

  /** Resolves when the socket is closed. */
  async stop(): Promise<void> {
    this.running = false;
    this.forgetDemand();
    this.follower?.reset();
    const gone = this.link?.stop();
    this.teller.closeAll();
    await gone;
  }

  report(): AccountReport {
    const { follower, link, credentialBreaker } = this;
    this.judge();
    const { state } = this;
    return {
      configured: follower !== undefined,
      state,
      reason: state === 'live' || state === 'off' ? '' : credentialBreaker.reason || (follower?.reason ?? ''),
      since: this.since,
      reconnects: link?.reconnects ?? 0,
      lastMessageAt: follower?.lastMessageAt ?? null,
      breaker: credentialBreaker.state === 'closed' ? this.breaker.state : credentialBreaker.state,
      syncs: Object.fromEntries(follower?.syncs.entries() ?? []),
      lastSyncAt: follower?.lastSyncAt ?? null,
      events: Object.fromEntries(this.teller.events.entries()),
      outdated: Object.fromEntries(follower?.outdated.entries() ?? []),
      bad: Object.fromEntries(this.bad.counter.entries()),
    };
  }

  /** Fetches all balances now and tells them on their stream. Rejects with an {@link AccountError}. */
  async syncBalances(): Promise<{ coins: string[] }> {
    if (!this.follower) throw new AccountError('off', NOT_CONFIGURED);
    if (!this.teller.serves('balance')) throw new AccountError('off', 'The account is not followed here now.');
    if (this.credentialBreaker.state === 'open') throw new AccountError('refused', this.credentialBreaker.reason);
    return this.follower.syncBalances();
  }

  /** Fetches all balances now, also where the account is not followed, and tells nobody. Rejects with an {@link AccountError}. */
  async wallet(): ReturnType<AccountBook['wallet']> {
    if (!this.book) throw new AccountError('off', NOT_CONFIGURED);
    if (this.credentialBreaker.state === 'open') throw new AccountError('refused', this.credentialBreaker.reason);
    return this.book.wallet();
  }

  private judge(): void {
    const state = this.stateNow();
    if (state === this.state) return;
    this.state = state;
    this.since = this.deps.clock.now();
  }

  private stateNow(): AccountState {
    if (!this.follower || !this.teller.serving) return 'off';
    if (this.credentialBreaker.reason !== '') return 'refused';
    if (this.follower.synced) return 'live';
    return this.follower.reason === '' ? 'connecting' : 'stale';
  }

  private want(kind: AccountKind): void {
    if (this.served.has(kind)) {
      this.served.get(kind)?.cancel();
      this.served.set(kind, undefined);
      return;
    }
    this.served.set(kind, undefined);
    this.teller.open(kind);
    if (!this.link) {
      this.teller.refused(NOT_CONFIGURED);
      return;
    }
    this.follower?.begin(kind);
    this.link.start();
    this.judge();
  }

  private unwant(kind: AccountKind): void {
    if (!this.served.has(kind)) return;
    this.served.get(kind)?.cancel();
    this.served.set(
      kind,
      this.deps.clock.after(this.options.lingerMs, () => this.end(kind)),
    );
  }

  private end(kind: AccountKind): void {
    this.served.delete(kind);
    this.teller.close(kind);
    if (this.served.size > 0) return;
    void this.link?.stop();
    this.follower?.reset();
    // Of an account that nobody follows there is nothing bad to say.
    this.teller.say('live');
    this.judge();
  }

  /** Another process follows it, and says how it is. */
  private release(): void {
    this.forgetDemand();
    void this.link?.stop();
    this.follower?.reset();
    this.teller.forgetAll();
    this.judge();
  }

  private forgetDemand(): void {
    for (const linger of this.served.values()) linger?.cancel();
    this.served.clear();
  }
}

function accountStreamOf(name: string): AccountStream | undefined {
  const stream = parseStreamName(name);
  return stream?.market === 'account' ? stream : undefined;
}
