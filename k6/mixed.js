/** All kinds of users at once, each kind a scenario: half watch prices, a quarter trades, the rest looks around or comes and goes. */
import exec from 'k6/execution';
import { Client, pause } from './client.js';
import { settings, staying, summaryTrendStats, thresholds, turn } from './options.js';

const set = settings(__ENV, { connections: 120, duration: '1m' });
const part = (share) => Math.max(1, Math.round(set.connections * share));

export const options = {
  scenarios: {
    watchers: staying(set, { connections: part(0.5), exec: 'watch' }),
    traders: staying(set, { connections: part(0.25), exec: 'trade' }),
    browsers: staying(set, { connections: part(0.15), exec: 'browse' }),
    passers: staying(set, { connections: part(0.1), exec: 'passBy' }),
  },
  thresholds: thresholds({
    // By kind of user; without a limit of their own they would not be listed.
    'tapecast_latency{scenario:watchers}': ['p(95)<100'],
    'tapecast_latency{scenario:traders}': ['p(95)<100'],
    'tapecast_latency{scenario:browsers}': ['p(95)<100'],
    'tapecast_latency{scenario:passers}': ['p(95)<100'],
  }),
  summaryTrendStats,
};

const tickers = set.symbols.map((symbol) => `ticker:${symbol}`);

/** A list of prices. */
export async function watch() {
  await pause(turn(set, exec.vu.idInTest));
  await new Client(set).stay({ args: tickers, ms: set.duration });
}

/** One market in full. */
export async function trade() {
  await pause(turn(set, exec.vu.idInTest));
  const symbol = ownSymbol();
  const args = [`ticker:${symbol}`, `orderbook:50:${symbol}`, `trade:${symbol}`, `kline:1m:${symbol}`];
  await new Client(set).stay({ args, ms: set.duration });
}

/** From one market's page to another's, without leaving the connection. */
export async function browse() {
  await pause(turn(set, exec.vu.idInTest));
  const seated = (visit) => {
    let page = [];
    const turnPage = () => {
      if (page.length > 0) visit.unsubscribe(page);
      const symbol = any(set.symbols);
      page = [`kline:${any(['1m', '5m', '1h'])}:${symbol}`, `trade:${symbol}`];
      visit.subscribe(page);
      visit.ping();
      visit.after(500 + Math.random() * 2500, turnPage);
    };
    turnPage();
  };
  await new Client(set).stay({ args: [tickers[0]], ms: set.duration, seated });
}

/** A look at the order book, and gone. */
export async function passBy() {
  const start = turn(set, exec.vu.idInTest);
  await pause(start);
  const end = Date.now() + set.duration;
  while (Date.now() < end) {
    const { comeBackAfter } = await new Client(set).stay({
      args: [`orderbook:50:${ownSymbol()}`],
      ms: Math.min(500 + Math.random() * 3000, end - Date.now() + 1),
    });
    await pause(comeBackAfter + 200 + Math.random() * 800);
  }
}

function ownSymbol() {
  return set.symbols[exec.vu.idInTest % set.symbols.length];
}

function any(list) {
  return list[Math.floor(Math.random() * list.length)];
}
