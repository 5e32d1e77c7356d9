/** The services' consumers, a process of its own: they read what the gateway sends, and remember what they were told of the account. */
import { performance } from 'node:perf_hooks';
import { QueueConsumer, type ServiceEvent } from '../../test/support/services-rig';
import { Latencies, type Percentiles } from '../load/latencies';
import { answer } from '../load/parent';
import { AccountLedger } from './account-ledger';
import type { AccountTruth } from './account-truth';

export type ReadersRequest =
  /** Reads these queues; they may come later. */
  | { readonly read: { readonly url: string; readonly queues: readonly string[]; readonly account: boolean } }
  /** Sets all figures to zero. */
  | { readonly begin: true }
  | { readonly figures: true }
  /** Answered with what is wrong in what was told of the account. */
  | { readonly compare: AccountTruth };

export interface ReadersFigures {
  /** From the gateway's `received_at`, in whole milliseconds. */
  readonly market: Percentiles;
  readonly account: Percentiles;
  readonly busy: number;
}

/** As a service that is started again by its supervisor. */
const CONNECT_AGAIN_MS = 200;

const market = new Latencies();
const account = new Latencies();
const ledger = new AccountLedger();
let beganAt = performance.eventLoopUtilization();

function since(latencies: Latencies, { received_at }: ServiceEvent): void {
  latencies.add((Date.now() - Date.parse(received_at)) * 1000);
}

async function read(url: string, queue: string, ofAccount: boolean): Promise<void> {
  const consumer = await QueueConsumer.open(url, queue, CONNECT_AGAIN_MS);
  const hear = (event: ServiceEvent) => {
    since(ofAccount ? account : market, event);
    if (ofAccount) ledger.hear(event);
  };
  consumer.onEvent = hear;
  // They come as soon as the broker has been asked.
  consumer.events.splice(0).forEach(hear);
}

answer(async (request: ReadersRequest): Promise<true | ReadersFigures | string[]> => {
  if ('compare' in request) return ledger.problems(request.compare);
  if ('figures' in request) {
    const { utilization } = performance.eventLoopUtilization(beganAt);
    return { market: market.percentiles(), account: account.percentiles(), busy: utilization };
  }
  if ('read' in request) {
    const { url, queues, account: ofAccount } = request.read;
    await Promise.all(queues.map((queue) => read(url, queue, ofAccount)));
  } else {
    market.clear();
    account.clear();
    beganAt = performance.eventLoopUtilization();
  }
  return true;
});
