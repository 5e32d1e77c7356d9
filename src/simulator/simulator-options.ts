import { type Clock, systemClock } from '../clock/clock';
import type { ApiKey } from './api-key';
import type { Recording } from './recording';

export interface SimulatorOptions {
  /** 0: any free port. */
  port: number;
  host: string;
  /** How many symbols linear and spot have; undefined: the named ones. */
  symbols: number | undefined;
  /** Frames per second in total over what is subscribed; 0: each topic at its natural period. */
  rate: number;
  /** Two exchanges with the same seed and clock tell the same story. */
  seed: number;
  clock: Clock;
  /** Nothing is pushed by timers: only by `step`, `publish`, `push` and what the account is made to do. */
  manual: boolean;
  /** A socket with neither requests nor data for this long is cut. */
  idleCutMs: number;
  /** The same for sockets without a subscription, where users saw 60 s; undefined: no difference. */
  idleCutUnsubscribedMs: number | undefined;
  /** New sockets per 5 minutes; more get HTTP 403. */
  maxNewConnections: number;
  /** Longest sum of args of one public connection, in characters. */
  maxArgsLength: number;
  /** The one account's key. */
  apiKey: ApiKey;
  /** What the account has at the start, coin to decimal text; negative is borrowed. */
  balances: Readonly<Record<string, string>>;
  /** Account events per second that happen by themselves; 0: the account does what it is told. */
  accountActivity: number;
  /** Plays recorded frames instead of the model's: only topics of the recording exist then. */
  replay: { readonly recording: Recording; readonly speed: number } | undefined;
}

export const DEFAULTS: SimulatorOptions = {
  port: 0,
  host: '127.0.0.1',
  symbols: undefined,
  rate: 0,
  seed: 1,
  clock: systemClock,
  manual: false,
  idleCutMs: 600_000,
  idleCutUnsubscribedMs: undefined,
  maxNewConnections: 500,
  maxArgsLength: 21_000,
  apiKey: { key: 'test-key', secret: 'test-secret' },
  // One coin is owed, as it is in real accounts that trade on margin.
  balances: { USDT: '100000', USDC: '20000', BTC: '2', ETH: '-1.5' },
  accountActivity: 0,
  replay: undefined,
};
