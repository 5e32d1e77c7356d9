/**
 * A simulated exchange, a process of its own. Its public topics are pushed in an open loop, one after the other, whether anybody keeps up or
 * not; tickers carry the time of sending. One is the market, another has the account: what that is asked for must not delay the market.
 */
import { performance } from 'node:perf_hooks';
import type { Endpoint } from '../../src/simulator/connection';
import { isCategory } from '../../src/simulator/categories';
import { SimulatedExchange } from '../../src/simulator/simulated-exchange';
import { Latencies } from '../load/latencies';
import { pace } from '../load/pace';
import { answer } from '../load/parent';
import { microseconds } from '../load/stamp';
import { exchangeDelta } from '../load/ticker-texts';
import { type AccountTruth, truthOf } from './account-truth';
import { BUSY_TOPICS, type ExchangeTopic } from './topics';

export type ExchangeRequest =
  /** Begins to push so many frames of the market a second. Answered with the port. */
  | { readonly start: { readonly rate: number } }
  /** So many frames of the account a second; at 0 nothing happens to it at all. */
  | { readonly activity: number }
  | { readonly truth: true }
  /** Cuts connections; `refuse`: and takes none of the account until told to. Answered with the time. */
  | { readonly drop: readonly Endpoint[]; readonly refuse?: boolean }
  | { readonly allow: true }
  /** Answered with the time at which all of them were subscribed. */
  | { readonly subscribed: readonly ExchangeTopic[] }
  /** Sets all figures to zero. */
  | { readonly begin: true }
  | { readonly figures: true };

export interface ExchangeFigures {
  /** Frames pushed to whom was subscribed. */
  readonly frames: number;
  /** By how many milliseconds frames were sent too late, at the 99th percentile: what was late comes all at once. */
  readonly late: number;
  /** Share of time in which this process had work. */
  readonly busy: number;
}

const LOOK_MS = 10;

let exchange: SimulatedExchange;
let frames = 0;
let resting = true;
const late = new Latencies();
let beganAt = performance.eventLoopUtilization();

function push(sent: number): void {
  const [endpoint, topic] = BUSY_TOPICS[sent % BUSY_TOPICS.length] ?? ['linear', ''];
  const symbol = topic.startsWith('tickers.') ? topic.slice('tickers.'.length) : undefined;
  if (symbol !== undefined) frames += exchange.push(endpoint, topic, exchangeDelta(symbol));
  else if (isCategory(endpoint)) frames += exchange.stir(endpoint, topic);
}

async function start(rate: number): Promise<number> {
  exchange = await SimulatedExchange.start({ manual: true });
  const pushingSince = performance.now();
  void pace(rate, Infinity, (sent) => {
    late.add((performance.now() - pushingSince) * 1000 - (sent / rate) * 1e6);
    push(sent);
  });
  // Orders that rest fill with what their markets trade.
  setInterval(() => {
    if (!resting) exchange.account.look();
  }, LOOK_MS);
  return exchange.port;
}

async function setActivity(rate: number): Promise<true> {
  resting = rate === 0;
  const body = JSON.stringify({ do: 'activity', rate });
  const { ok, status } = await fetch(`${exchange.restUrl}/control/account`, { method: 'POST', body });
  if (!ok) throw new Error(`the exchange does not change its activity: ${status}`);
  return true;
}

function subscribed(topics: readonly ExchangeTopic[]): Promise<number> {
  const has = ([endpoint, topic]: ExchangeTopic) =>
    exchange.connections.some((one) => one.endpoint === endpoint && one.isOpen && one.topics.has(topic));
  return exchange.when(() => (topics.every(has) ? microseconds() : undefined));
}

function drop(endpoints: readonly Endpoint[], refuse: boolean): number {
  if (refuse) exchange.faults.refuseUpgrades(502, Infinity, 'private');
  const at = microseconds();
  for (const endpoint of endpoints) exchange.faults.drop({ endpoint });
  return at;
}

answer(async (request: ExchangeRequest): Promise<number | true | AccountTruth | ExchangeFigures> => {
  if ('start' in request) return start(request.start.rate);
  if ('activity' in request) return setActivity(request.activity);
  if ('truth' in request) return truthOf(exchange.account);
  if ('drop' in request) return drop(request.drop, request.refuse ?? false);
  if ('subscribed' in request) return subscribed(request.subscribed);
  if ('figures' in request) {
    const { utilization } = performance.eventLoopUtilization(beganAt);
    return { frames, late: late.percentiles().p99, busy: utilization };
  }
  if ('allow' in request) exchange.faults.allowUpgrades();
  if ('begin' in request) {
    frames = 0;
    late.clear();
    beganAt = performance.eventLoopUtilization();
  }
  return true;
});
