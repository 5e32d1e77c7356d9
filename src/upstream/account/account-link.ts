import type { Timer } from '../../clock/clock';
import type { RawFrame } from '../../transform/transform';
import type { BackoffOptions } from '../backoff';
import type { PrivateSessionDeps, PrivateSessionOptions } from '../bybit/account/private-session';
import { PrivateSession } from '../bybit/account/private-session';
import { ConnectTries } from '../connect-tries';
import type { ConnectTriesDeps } from '../connect-tries';
import type { CredentialBreaker } from './credential-breaker';

export interface AccountLinkOptions extends PrivateSessionOptions {
  readonly backoff: BackoffOptions;
}

export interface AccountLinkDeps extends PrivateSessionDeps, ConnectTriesDeps {
  readonly credentialBreaker: CredentialBreaker;
}

export interface AccountLinkListener {
  /** The exchange sends what happens from now on. */
  live(): void;
  data(frame: RawFrame, received: number, text: string): void;
  bad(reason: string, problem: string, sample: string): void;
  /** Nothing comes any more; `reason` is safe to show. There will be another try. */
  down(reason: string): void;
  /** The exchange does not take the key. There will be another try, but not soon. */
  refused(reason: string): void;
}

/** Keeps one authenticated connection up for as long as it is wanted. */
export class AccountLink {
  private tries: ConnectTries | undefined;
  private session: PrivateSession | undefined;
  private patience: Timer | undefined;
  private isLive = false;
  private lives = 0;
  /** Resolves when the sockets of earlier sessions are gone. */
  private leaving: Promise<unknown> = Promise.resolve();

  constructor(
    private readonly options: AccountLinkOptions,
    private readonly deps: AccountLinkDeps,
    private readonly listener: AccountLinkListener,
  ) {}

  get live(): boolean {
    return this.isLive;
  }

  /** Connections made after the first one. */
  get reconnects(): number {
    return Math.max(0, this.lives - 1);
  }

  start(): void {
    if (this.tries) return;
    const { url, backoff } = this.options;
    this.tries = new ConnectTries(url, backoff, this.deps, () => this.connect());
    const waitMs = this.deps.credentialBreaker.remainingMs;
    if (waitMs === 0) this.tries.begin();
    else {
      this.beginIn(waitMs);
      this.listener.refused(this.deps.credentialBreaker.reason);
    }
  }

  /** Resolves when the socket is gone. */
  stop(): Promise<unknown> {
    this.patience?.cancel();
    this.leave();
    this.tries?.stop();
    this.tries = undefined;
    return this.leaving;
  }

  /** The exchange has refused the key elsewhere: it will not do here either. */
  refuse(reason: string): void {
    const { credentialBreaker, log } = this.deps;
    const known = credentialBreaker.state === 'open';
    credentialBreaker.refused(reason);
    if (!this.tries || (known && !this.session)) return;
    this.leave();
    // The way to the exchange is good; and the try that may be under way has to end.
    this.tries.proven();
    const waitMs = credentialBreaker.remainingMs;
    log.warn({ url: this.options.url, reason, waitMs }, 'the exchange does not let us follow the account');
    this.beginIn(waitMs);
    this.listener.refused(reason);
  }

  private beginIn(ms: number): void {
    this.patience?.cancel();
    this.patience = this.deps.clock.after(ms, () => this.tries?.begin());
  }

  private connect(): void {
    this.session = new PrivateSession(this.options, this.deps, {
      live: () => this.opened(),
      data: (frame, received, text) => this.listener.data(frame, received, text),
      bad: (reason, problem, sample) => this.listener.bad(reason, problem, sample),
      refused: (words) =>
        this.refuse(
          words === '' ? 'the exchange refused the API key' : `the exchange refused the API key: ${words.slice(0, 100)}`,
        ),
      closed: (trouble, detail) => this.closed(trouble, detail),
    });
    this.session.start();
  }

  private opened(): void {
    const { credentialBreaker, log } = this.deps;
    this.tries?.proven();
    credentialBreaker.accepted();
    this.isLive = true;
    this.lives++;
    log.info({ url: this.options.url, reconnects: this.reconnects }, 'following the account at the exchange');
    this.listener.live();
  }

  private closed(trouble: string, detail: string): void {
    this.session = undefined;
    this.isLive = false;
    const waitMs = Math.round(this.tries?.failed(detail) ?? 0);
    this.deps.log.warn({ url: this.options.url, trouble, detail, waitMs }, 'lost the connection to the account');
    this.listener.down(trouble);
  }

  private leave(): void {
    this.isLive = false;
    const { session } = this;
    this.session = undefined;
    if (session) this.leaving = Promise.all([this.leaving, session.close()]);
  }
}
