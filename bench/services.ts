import WebSocket from 'ws';
import { parsePage, valueOf } from '../test/support/prometheus-page';
import { ServicesRig, type QueueConsumer } from '../test/support/services-rig';
import { machine } from './fanout/machine';
import { Latencies, type Percentiles } from './load/latencies';

/**
 * What serving back-end services costs WebSocket clients, and how long their events take, over a real process, PostgreSQL and RabbitMQ.
 * Phases take turns in one run, so that a slow moment of the machine meets them alike: nobody but WebSocket clients; two services with every
 * topic; the same with the database frozen, and with the broker frozen. The exchange and the clients are in this process and share the machine with the
 * servers, so what they see is to be compared with each other only; what the gateway counts is its own part of the way.
 */

const ROUNDS = Number(process.argv[2] ?? 3);
const SECONDS = 5;
const RATE = 1000;
const CLIENTS = 10;
const SYMBOLS = ['BTCUSDT', 'ETHUSDT', 'SOLUSDT', 'XRPUSDT', 'DOGEUSDT'];
const CHANNELS = ['ticker', 'trades', 'orderbook'] as const;
const SERVICES = ['desk', 'risk'];
const RECEIVED = /"received":(\d+)/;
const PAGE = 500;

const PHASES = ['alone', 'services', 'database frozen', 'broker frozen'] as const;
type Phase = (typeof PHASES)[number];

const wait = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/** Milliseconds since a time that a message tells; our clocks are the same, and tell whole milliseconds. */
function since(latencies: Latencies, at: number): void {
  latencies.add((Date.now() - at) * 1000);
}

async function clientsOf(rig: ServicesRig, latencies: Latencies): Promise<WebSocket[]> {
  const args = SYMBOLS.flatMap((symbol) => [`ticker:${symbol}`, `trade:${symbol}`, `orderbook:${symbol}`]);
  const clients = Array.from({ length: CLIENTS }, () => new WebSocket(rig.gateway.url));
  await Promise.all(
    clients.map(async (client) => {
      await new Promise((resolve, reject) => client.once('open', resolve).once('error', reject));
      client.on('message', (data: Buffer) => {
        const received = RECEIVED.exec(data.toString('latin1', Math.max(0, data.length - 120)))?.[1];
        if (received !== undefined) since(latencies, Number(received));
      });
      client.send(JSON.stringify({ op: 'subscribe', args }));
    }),
  );
  return clients;
}

async function subscribeAll(rig: ServicesRig): Promise<void> {
  for (const service of SERVICES)
    for (const symbol of SYMBOLS) for (const channel_type of CHANNELS) await rig.subscribe(service, { channel_type, symbol });
}

function line(name: string, { count, p50, p95, p99, max }: Percentiles): string {
  const shown = [p50, p95, p99, max].map((ms) => ms.toFixed(1).padStart(8)).join('');
  return `  ${name.padEnd(34)}${shown}${String(Math.round(count)).padStart(10)}`;
}

async function main(): Promise<void> {
  process.stdout.write(`${machine().text}\n`);
  const rig = await ServicesRig.start({
    postgres: true,
    rabbit: true,
    account: true,
    exchange: { manual: false, rate: RATE, accountActivity: 20 },
    env: { LOG_LEVEL: 'info' },
  });
  const toClients = new Latencies();
  const toServices = new Latencies();
  const toDatabase = new Latencies();
  const measured = new Map<Phase, Measured>(
    PHASES.map((phase) => [phase, { clients: [], services: [], written: [], confirmed: [] }]),
  );
  const clients = await clientsOf(rig, toClients);
  const consumers: QueueConsumer[] = [];
  try {
    for (let round = 0; round < ROUNDS; round++) {
      for (const phase of PHASES) {
        if (phase === 'alone') for (const service of SERVICES) await rig.call('DELETE', `/subscriptions/by-service/${service}`);
        if (phase === 'services') {
          await subscribeAll(rig);
          if (consumers.length === 0) {
            for (const type of ['ticker', 'trade', 'orderbook']) consumers.push(await rig.consumer(`ws-gateway.desk.${type}`));
            for (const consumer of consumers) consumer.onEvent = (event) => since(toServices, Date.parse(event.received_at));
          }
        }
        if (phase === 'database frozen') await rig.postgres?.process.pause();
        if (phase === 'broker frozen') await rig.rabbit?.process.pause();
        await wait(1000);
        const begunAt = Date.now();
        const before = await countsOf(rig);
        toClients.clear();
        toServices.clear();
        await wait(SECONDS * 1000);
        const after = await countsOf(rig);
        measured.get(phase)?.written.push(p99Between(before.written, after.written));
        measured.get(phase)?.confirmed.push(p99Between(before.confirmed, after.confirmed));
        measured.get(phase)?.clients.push(toClients.percentiles());
        measured.get(phase)?.services.push(toServices.percentiles());
        if (phase === 'services') await balances(rig, begunAt, toDatabase);
        await rig.postgres?.process.resume();
        await rig.rabbit?.process.resume();
        await bothAreBack(rig);
      }
    }
    process.stdout.write(
      `\nmilliseconds, median round of ${ROUNDS}${'p50'.padStart(12)}${'p95'.padStart(8)}${'p99'.padStart(8)}${'max'.padStart(8)}\n`,
    );
    for (const phase of PHASES) {
      const { clients: ofClients = [], services = [] } = measured.get(phase) ?? {};
      process.stdout.write(`${line(`${phase}: to WebSocket clients`, median(ofClients))}\n`);
      if (phase === 'services' || phase === 'database frozen') {
        process.stdout.write(`${line(`${phase}: to a service's queue`, median(services))}\n`);
      }
    }
    process.stdout.write("\nin the gateway's own count, ms at the 99th percentile of the median round (interpolated)\n");
    for (const phase of PHASES) {
      const { written = [], confirmed = [] } = measured.get(phase) ?? {};
      const figures = `read to written ${middle(written).toFixed(2).padStart(8)}   read to confirmed ${middle(confirmed).toFixed(2).padStart(8)}`;
      process.stdout.write(`  ${phase.padEnd(18)}${figures}\n`);
    }
    process.stdout.write(`${line('services: balance to the database', toDatabase.percentiles())}\n`);
  } finally {
    for (const client of clients) client.terminate();
    for (const consumer of consumers) await consumer.close();
    await rig.stop();
  }
}

/** Queues that nobody reads have their alarms meanwhile: the health is none. */
async function bothAreBack(rig: ServicesRig): Promise<void> {
  for (;;) {
    const page = parsePage(await rig.gateway.metrics());
    if (valueOf(page, 'store_available') === 1 && valueOf(page, 'broker_connected') === 1) return;
    await wait(100);
  }
}

/** Upper bounds in seconds and how many were at most so long, since the start. */
type Buckets = ReadonlyMap<number, number>;

interface Measured {
  readonly clients: Percentiles[];
  readonly services: Percentiles[];
  readonly written: number[];
  readonly confirmed: number[];
}

async function countsOf(rig: ServicesRig): Promise<{ written: Buckets; confirmed: Buckets }> {
  const page = parsePage(await rig.gateway.metrics());
  const buckets = (name: string, stage?: string): Buckets =>
    new Map(
      (page.get(name)?.samples ?? [])
        .filter(({ name: sample, labels }) => sample.endsWith('_bucket') && labels['stage'] === stage)
        .map(({ labels, value }) => [labels['le'] === '+Inf' ? Infinity : Number(labels['le']), value]),
    );
  return {
    written: buckets('websocket_message_latency_seconds', 'received_to_written'),
    confirmed: buckets('services_event_latency_seconds'),
  };
}

/** Milliseconds; NaN when nothing was counted meanwhile. */
function p99Between(before: Buckets, after: Buckets): number {
  const counts = [...after].map(([bound, count]) => ({ bound, count: count - (before.get(bound) ?? 0) }));
  const rank = 0.99 * (counts.at(-1)?.count ?? 0);
  let [from, below] = [0, 0];
  for (const { bound, count } of counts) {
    if (count >= rank && count > 0) return (from + (Math.min(bound, 60) - from) * ((rank - below) / (count - below))) * 1000;
    [from, below] = [bound, count];
  }
  return NaN;
}

function middle(rounds: readonly number[]): number {
  return [...rounds].sort((a, b) => a - b)[Math.floor(rounds.length / 2)] ?? NaN;
}

function median(rounds: readonly Percentiles[]): Percentiles {
  const sorted = [...rounds].sort((a, b) => a.p99 - b.p99);
  return sorted[Math.floor(sorted.length / 2)] ?? { count: 0, p50: NaN, p95: NaN, p99: NaN, max: NaN };
}

/** From the exchange's push to its row, of the rows since then. */
async function balances(rig: ServicesRig, since: number, latencies: Latencies): Promise<void> {
  const { body } = await rig.call('GET', `/balances/history?limit=${PAGE}&from=${new Date(since).toISOString()}`);
  for (const { timestamp, recorded_at } of body['records'] as { timestamp: string; recorded_at: string }[]) {
    latencies.add((Date.parse(recorded_at) - Date.parse(timestamp)) * 1000);
  }
}

main().catch((error: unknown) => {
  console.error(error);
  process.exit(1);
});
