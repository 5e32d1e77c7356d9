/** The everyday load: clients that watch tickers and one market's trades, and stay. */
import exec from 'k6/execution';
import { Client, pause } from './client.js';
import { settings, staying, summaryTrendStats, thresholds, turn } from './options.js';

const set = settings(__ENV, { connections: 150, duration: '1m' });

export const options = { scenarios: { market_data: staying(set) }, thresholds: thresholds(), summaryTrendStats };

export default async function () {
  const number = exec.vu.idInTest;
  await pause(turn(set, number));
  const args = set.symbols.map((symbol) => `ticker:${symbol}`);
  args.push(`trade:${set.symbols[number % set.symbols.length]}`);
  await new Client(set).stay({ args, ms: set.duration });
}
