/** Hours of moderate load with coming and going: what leaks, drifts or creeps shows in the server's metrics and in the last figures. */
import exec from 'k6/execution';
import { Client, pause } from './client.js';
import { settings, staying, summaryTrendStats, thresholds, turn } from './options.js';

// k6 keeps every latency in its memory, so in a long run only one message in ten is timed.
const set = settings(__ENV, { connections: 100, duration: '1h', latencyEvery: 10 });

export const options = { scenarios: { soak: staying(set) }, thresholds: thresholds(), summaryTrendStats };

export default async function () {
  const number = exec.vu.idInTest;
  await pause(turn(set, number));
  const symbol = set.symbols[number % set.symbols.length];
  const args = [`ticker:${symbol}`, `trade:${symbol}`, `kline:1m:${symbol}`];
  const client = new Client(set);
  if (number % 2 === 0) {
    await client.stay({ args, ms: set.duration });
    return;
  }
  const end = Date.now() + set.duration;
  for (let resume = false; Date.now() < end; resume = !resume) {
    const ms = Math.min(5000 + Math.random() * 25_000, end - Date.now() + 1);
    const { comeBackAfter } = await client.stay({ args, ms, resume });
    await pause(comeBackAfter + 500 + Math.random() * 1500);
  }
}
