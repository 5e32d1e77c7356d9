import { InProcessPubSub } from '../../src/pubsub/in-process';
import { Publisher } from '../../src/pubsub/publisher';
import type { ServicesApi } from '../../src/services/api';
import { Services } from '../../src/services/services';
import { parseStreamName } from '../../src/streams/arg';
import type { AccountBalance } from '../../src/streams/account';
import { EXCHANGE_MARKETS } from '../../src/streams/stream';
import type { AccountReport } from '../../src/upstream/account/account-report';
import { NoAnswer } from '../../src/workers/calls';
import { ServicesElsewhere, answerCall } from '../../src/workers/services-elsewhere';
import { ManualClock } from './manual-clock';
import { ModelBroker } from './model-broker';
import { ModelDuty } from './model-duty';
import { ModelStore } from './model-store';

const SYMBOLS = ['BTCUSDT', 'ETHUSDT'];

/** All that serves back-end services, over models of what it stands on, and asked as a worker asks the primary: in plain JSON. */
export class ModelServices {
  readonly clock = new ManualClock(1_795_219_200_000);
  readonly store = new ModelStore();
  /** The exchange's words for what it refuses, by stream. */
  readonly refusals = new Map<string, string>();
  /** Why the balances cannot be fetched. */
  unfetched: Error | undefined;
  /** Whether the account is followed here, or only known. */
  followed = true;
  /** What becomes of asking the primary. */
  trouble: Error | undefined;
  readonly api: ServicesApi;
  private readonly services: Services;

  constructor({ account }: { readonly account: boolean }) {
    const { clock } = this;
    const followed = {
      fingerprint: account ? 'account' : undefined,
      remember: () => undefined,
      report: () => ({ ...FOLLOWED, configured: account, state: this.followed ? ('live' as const) : ('off' as const) }),
      syncBalances: () => (this.unfetched ? Promise.reject(this.unfetched) : Promise.resolve({ coins: ['USDT', 'BTC'] })),
      wallet: () => Promise.resolve({ balance: WALLET, asOf: clock.now() }),
    };
    const pubsub = new InProcessPubSub(100);
    const publisher = new Publisher(pubsub, 'mudrex', clock, 'test');
    pubsub.onDemand((name, wanted) => {
      const stream = parseStreamName(name);
      if (!stream || !wanted) return;
      const words = this.refusals.get(name);
      publisher.open(stream);
      publisher.status(stream, words === undefined ? 'live' : 'refused', words);
    });
    this.services = new Services(
      { brand: 'mudrex', markets: new Set(EXCHANGE_MARKETS), subscribeTimeoutMs: 3000, drainMs: 2000 },
      {
        pubsub,
        duty: new ModelDuty(),
        store: this.store,
        broker: new ModelBroker(),
        account: followed,
        symbols: {
          look: (_market, symbol) => (SYMBOLS.includes(symbol) ? { known: true } : { known: false, nearest: ['BTCUSDT'] }),
          lists: () => [{ key: 'futures', symbols: SYMBOLS }],
        },
        clock,
        log: { info: () => undefined, warn: () => undefined, error: () => undefined },
      },
    );
    const primary = {
      ask: async <Answer>(_what: string, asked: unknown): Promise<Answer> => {
        if (this.trouble) throw this.trouble;
        const sent = JSON.parse(JSON.stringify(asked)) as Parameters<typeof answerCall>[1];
        return JSON.parse(JSON.stringify(await answerCall(this.services.api, sent))) as Answer;
      },
    };
    this.api = new ServicesElsewhere(primary, 3000);
    this.services.start();
  }

  /** The primary does not answer. */
  silence(): void {
    this.trouble = new NoAnswer('no answer within 15000 ms');
  }

  stop(): Promise<void> {
    return this.services.stop();
  }
}

const WALLET: AccountBalance = {
  accountType: 'UNIFIED',
  margin: {
    totalEquity: null,
    totalWalletBalance: null,
    totalMarginBalance: null,
    totalAvailableBalance: null,
    totalUnrealisedPnl: null,
    totalInitialMargin: null,
    totalMaintenanceMargin: null,
  },
  coins: [],
  origin: 'sync',
};

/** An account that is well. */
export const FOLLOWED: AccountReport = {
  configured: true,
  state: 'live',
  reason: '',
  since: 0,
  reconnects: 0,
  lastMessageAt: null,
  breaker: 'closed',
  syncs: {},
  lastSyncAt: null,
  events: {},
  outdated: {},
  bad: {},
};
