import type { Column } from '../fanout/cases/case';
import { SERVICES } from './topics';

/** Frames of the account a second. */
export const ACTIVITY = 40;
export const CALLS_PER_SECOND = 50;
export const CLIENTS = 20;

const MS: Pick<Column, 'digits'> = { digits: 2 };

export const DELIVERY = {
  name: 'delivery',
  about: `tickers to ${CLIENTS} WebSocket clients from the exchange's sending on, ms, while market data comes (frames/s), and ${ACTIVITY} frames/s of the account; ${SERVICES.length} services have every topic and are read. x alone, x services: p99 as a multiple of that of these phases in the same round. written: p99 from the gateway's reading to its writing, by its own count. no core %: of the time, the gateway could have run and had no core. late: by how much frames left the exchange too late, p99`,
  aim: 'p99 within 20 % of alone (1.20)',
  columns: [
    { title: 'p50', figure: 'p50', ...MS },
    { title: 'p95', figure: 'p95', ...MS },
    { title: 'p99', figure: 'p99', ...MS },
    { title: 'x alone', figure: 'toAlone', digits: 2 },
    { title: 'x services', figure: 'toServed', digits: 2 },
    { title: 'written', figure: 'written', ...MS },
    { title: 'CPU %', figure: 'cpu', digits: 0, times: 100 },
    { title: 'no core %', figure: 'noCore', digits: 1, times: 100 },
    { title: 'frames/s', figure: 'framesPerSecond', digits: 0 },
    { title: 'late', figure: 'late', ...MS },
    { title: 'seconds', figure: 'seconds', digits: 1 },
  ],
} as const satisfies { columns: readonly Column[] } & Record<string, unknown>;

export const EVENTS = {
  name: 'events',
  about:
    "p99 in ms. confirmed: from reading the exchange's message to the broker's confirmation, by the gateway's own count (interpolated). market, account: to the consumer. balance: from the exchange's push to the record of the database, p99 and most",
  aim: 'confirmed at most 100 ms with 1000 events/s; balance at most 1000 ms',
  columns: [
    { title: 'confirmed', figure: 'confirmed', digits: 1 },
    { title: 'market', figure: 'market', digits: 0 },
    { title: 'account', figure: 'account', digits: 0 },
    { title: 'balance', figure: 'balance', digits: 0 },
    { title: 'most', figure: 'balanceMost', digits: 0 },
    { title: 'balances', figure: 'balances', digits: 0 },
  ],
} as const satisfies { columns: readonly Column[] } & Record<string, unknown>;

export const CALLS = {
  name: 'calls',
  about: `answers of the REST interface to ${CALLS_PER_SECOND} calls/s in equal parts, ms, while as many events go to services; a POST asks the exchange`,
  aim: 'p95 under 100 ms',
  columns: [
    { title: 'p50', figure: 'p50', digits: 1 },
    { title: 'p95', figure: 'p95', digits: 1 },
    { title: 'p99', figure: 'p99', digits: 1 },
    { title: 'most', figure: 'max', digits: 1 },
    { title: 'calls', figure: 'count', digits: 0 },
  ],
} as const satisfies { columns: readonly Column[] } & Record<string, unknown>;
