/** Clients that lose their connection again and again, come back after a moment and resume: they must miss nothing. */
import exec from 'k6/execution';
import { Rate } from 'k6/metrics';
import { Client, pause } from './client.js';
import { settings, staying, summaryTrendStats, thresholds, turn } from './options.js';

const set = settings(__ENV, { connections: 100, duration: '1m' });

/** Of all streams that were asked to resume: went on without a hole. */
const recoveries = new Rate('tapecast_recoveries');

export const options = {
  scenarios: { reconnect: staying(set) },
  thresholds: thresholds({ tapecast_recoveries: ['rate>0.95'] }),
  summaryTrendStats,
};

export default async function () {
  const number = exec.vu.idInTest;
  await pause(turn(set, number));
  const symbol = set.symbols[number % set.symbols.length];
  const args = [`ticker:${symbol}`, `trade:${symbol}`, `orderbook:50:${symbol}`];
  const client = new Client(set);
  const end = Date.now() + set.duration;
  for (let resume = false; Date.now() < end; resume = true) {
    const ms = Math.min(1000 + Math.random() * 3000, end - Date.now() + 1);
    const { comeBackAfter, recovered } = await client.stay({ args, ms, resume });
    for (const one of recovered) recoveries.add(one);
    // Away for less than the server remembers: 256 messages of each stream, unless configured.
    await pause(comeBackAfter + 100 + Math.random() * 1400);
  }
}
