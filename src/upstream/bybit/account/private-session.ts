import type { Clock, Timer } from '../../../clock/clock';
import type { RawFrame } from '../../../transform/transform';
import { Connection } from '../../connection';
import type { KeepAlive, Trouble } from '../../connection';
import { deadline } from '../../deadline';
import type { Dial } from '../../socket';
import type { Ack } from '../acks';
import { requestText } from '../requests';
import type { BybitCredentials } from './credentials';
import type { ServerTime } from './server-time';

/** All that happens to the account, of all categories. */
const TOPICS = ['order', 'execution', 'position', 'wallet'] as const;
/** How long the request to authenticate may be under way, ms. */
const EXPIRES_MS = 10_000;
/** What the exchange says when a signature is of the past: its clock or ours is wrong. It says the same of malformed requests. */
const WRONG_TIME = /params error/i;

export interface PrivateSessionOptions {
  readonly url: string;
  readonly keepAlive: KeepAlive;
  readonly ackTimeoutMs: number;
}

export interface PrivateSessionDeps {
  readonly dial: Dial;
  readonly clock: Clock;
  readonly credentials: BybitCredentials;
  readonly time: ServerTime;
}

export interface PrivateSessionListener {
  /** The exchange knows us and sends what happens. */
  live(): void;
  data(frame: RawFrame, received: number, text: string): void;
  bad(reason: string, problem: string, sample: string): void;
  /** The exchange does not take the key; its words. The session is to be closed. */
  refused(words: string): void;
  /** Once, unless {@link PrivateSession.close} was called. */
  closed(trouble: Trouble, detail: string): void;
}

/** One authenticated connection: says who we are by the exchange's clock, then asks for everything that happens to the account. */
export class PrivateSession {
  private readonly connection: Connection;
  private answer: Timer | undefined;
  private asked: 'auth' | 'subscribe' | undefined;
  private tries = 0;

  constructor(
    private readonly options: PrivateSessionOptions,
    private readonly deps: PrivateSessionDeps,
    private readonly listener: PrivateSessionListener,
  ) {
    this.connection = new Connection(deps.dial, options.url, options.keepAlive, deps.clock, {
      opened: () => void this.authenticate(),
      data: (frame, received, text) => listener.data(frame, received, text),
      ack: (ack) => this.ack(ack),
      bad: (reason, problem, sample) => listener.bad(reason, problem, sample),
      closed: (trouble, detail) => {
        this.answer?.cancel();
        listener.closed(trouble, detail);
      },
    });
  }

  start(): void {
    this.connection.start();
  }

  /** Resolves when the socket is gone. */
  close(): Promise<void> {
    this.answer?.cancel();
    return this.connection.close();
  }

  private async authenticate(): Promise<void> {
    const { time, credentials } = this.deps;
    // Without a measurement the machine's own clock is tried: it may well be right.
    if (!time.fresh) await time.measure().catch(() => undefined);
    if (!this.connection.open) return;
    this.tries++;
    this.ask('auth', credentials.authText(`auth-${this.tries}`, time.now() + EXPIRES_MS));
  }

  private ask(what: 'auth' | 'subscribe', text: string): void {
    this.asked = what;
    this.answer?.cancel();
    this.answer = deadline(this.deps.clock, this.options.ackTimeoutMs, () =>
      this.connection.fail('upstream not answering', `no answer to ${what}`),
    );
    this.connection.send(text);
  }

  private ack({ op, success, text }: Ack): void {
    const { asked } = this;
    if (!asked || (op !== undefined && op !== asked)) return;
    this.answer?.cancel();
    this.asked = undefined;
    if (asked === 'auth') this.authAnswered(success, text);
    else if (success) this.listener.live();
    else this.connection.fail('upstream not answering', `the account's topics were refused: ${text}`);
  }

  private authAnswered(success: boolean, words: string): void {
    if (success) {
      this.ask('subscribe', requestText('subscribe', 'account', TOPICS));
      return;
    }
    if (this.tries === 1 && WRONG_TIME.test(words)) {
      this.deps.time.doubt();
      void this.authenticate();
      return;
    }
    this.listener.refused(words);
  }
}
