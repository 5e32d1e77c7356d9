import { connect, type ChannelModel } from 'amqplib';
import { messageOptions } from '../src/amqp/message';
import { RabbitBroker } from '../src/amqp/rabbit-broker';
import type { OutgoingEvent } from '../src/amqp/broker';
import { systemClock } from '../src/clock/clock';
import { sharedRabbit } from '../test/support/servers/rabbitmq';
import { Latencies, type Percentiles } from './load/latencies';
import { pace } from './load/pace';

/**
 * From an event that is there to its confirm, over a real RabbitMQ at AMQP_URL or one of our own: at a rate, and as fast as it goes.
 * Beside it one who awaits each confirm before the next event, as is often seen. Rounds of both take turns, so that a slow moment of
 * the machine meets them alike.
 */

const ROUNDS = 5;
const RATE = 1000;
const SECONDS = 4;
const MOST_AT_ONCE = 50_000;
const MOST_ONE_BY_ONE = 3000;
const BODY_BYTES = 400;
const SERVICE = 'bench';

/** Somebody who publishes. */
interface Peer {
  readonly name: string;
  /** How many it is given when it may go as fast as it can. */
  readonly burst: number;
  publish(event: OutgoingEvent): void;
}

interface Round {
  readonly paced: Percentiles;
  readonly perSecond: number;
}

/** Hears of confirms, in whatever order. */
class Confirms {
  readonly latencies = new Latencies();
  private readonly begun = new Map<string, number>();
  private awaited = 0;
  private all: () => void = () => undefined;

  begin({ messageId }: OutgoingEvent): void {
    this.begun.set(messageId, performance.now());
  }

  confirmed({ messageId }: OutgoingEvent): void {
    const at = this.begun.get(messageId);
    if (at === undefined) return;
    this.begun.delete(messageId);
    this.latencies.add((performance.now() - at) * 1000);
    if (--this.awaited === 0) this.all();
  }

  /** Resolves when so many have been confirmed from now on. */
  expect(count: number): Promise<void> {
    this.latencies.clear();
    this.awaited = count;
    return new Promise((resolve) => (this.all = resolve));
  }
}

const confirms = new Confirms();
let made = 0;

function event(): OutgoingEvent {
  return {
    eventType: 'trade',
    routingKey: 'trade.futures.BTCUSDT',
    messageId: `futures.trade.BTCUSDT:bench:${++made}`,
    topic: 'futures.trade.BTCUSDT',
    traceId: made.toString(16).padStart(32, '0'),
    services: [SERVICE],
    body: Buffer.alloc(BODY_BYTES, 'x'),
  };
}

/** Publishes, awaits the confirm, and only then takes the next. */
async function naivePeer(model: ChannelModel, exchange: string): Promise<Peer> {
  const channel = await model.createConfirmChannel();
  const waiting: OutgoingEvent[] = [];
  let running = false;
  const run = async () => {
    running = true;
    for (let next = waiting.shift(); next; next = waiting.shift()) {
      const one = next;
      await new Promise<void>((resolve, reject) => {
        channel.publish(exchange, one.routingKey, one.body, messageOptions(one, Date.now()), (error: unknown) => {
          if (error instanceof Error) reject(error);
          else resolve();
        });
      });
      confirms.confirmed(one);
    }
    running = false;
  };
  return {
    name: 'await each confirm',
    burst: MOST_ONE_BY_ONE,
    publish: (one) => {
      waiting.push(one);
      if (!running) void run();
    },
  };
}

async function measure(peer: Peer): Promise<Round> {
  const paced = confirms.expect(RATE * SECONDS);
  await pace(RATE, RATE * SECONDS, () => {
    const one = event();
    confirms.begin(one);
    peer.publish(one);
  });
  await paced;
  const percentiles = confirms.latencies.percentiles();
  const burst = confirms.expect(peer.burst);
  const startedAt = performance.now();
  for (let i = 0; i < peer.burst; i++) {
    const one = event();
    confirms.begin(one);
    peer.publish(one);
  }
  await burst;
  return { paced: percentiles, perSecond: (peer.burst * 1000) / (performance.now() - startedAt) };
}

const medianOf = (values: readonly number[]) => [...values].sort((a, b) => a - b)[values.length >> 1] ?? NaN;

function lineOf(name: string, rounds: readonly Round[]): string {
  const of = (figure: (round: Round) => number) => medianOf(rounds.map(figure));
  const worst = Math.max(...rounds.map(({ paced }) => paced.p99));
  const cells = [of((r) => r.paced.p50), of((r) => r.paced.p95), of((r) => r.paced.p99), worst].map((ms) => ms.toFixed(2));
  return [name.padEnd(20), ...[...cells, of((r) => r.perSecond).toFixed(0)].map((cell) => cell.padStart(12))].join('');
}

async function main(): Promise<void> {
  const { url, prefix: exchange, stop } = await sharedRabbit();
  const quiet = { info: () => undefined, warn: () => undefined, error: () => undefined };
  const broker = new RabbitBroker(
    { url, exchange, queueTtlMs: 86_400_000, queueMaxLength: 100_000 },
    { clock: systemClock, random: Math.random, log: quiet, confirmed: (one) => confirms.confirmed(one) },
  );
  const model = await connect(url);
  try {
    await broker.start();
    if (!broker.report().available) throw new Error(broker.report().reason);
    broker.wantQueues(new Map([[SERVICE, new Set(['trade' as const])]]));
    const admin = await model.createChannel();
    const ours: Peer = { name: 'ours', burst: MOST_AT_ONCE, publish: (one) => broker.publish(one) };
    const peers = [ours, await naivePeer(model, exchange)];
    const rounds = peers.map(() => [] as Round[]);
    for (let round = -1; round < ROUNDS; round++) {
      for (const [i, peer] of peers.entries()) {
        const measured = await measure(peer);
        if (round >= 0) rounds[i]?.push(measured);
        for (const { queue } of broker.report().queues) await admin.purgeQueue(queue);
      }
    }
    console.log(
      `${BODY_BYTES} B into the queue of the class and of one service, persistent; ${ROUNDS} rounds, medians; Node ${process.version}`,
    );
    console.log(
      [`ms at ${RATE}/s`.padEnd(20), ...['p50', 'p95', 'p99', 'worst p99', 'most/s'].map((cell) => cell.padStart(12))].join(''),
    );
    for (const [i, { name }] of peers.entries()) console.log(lineOf(name, rounds[i] ?? []));
    const ratio = (figure: (round: Round) => number) =>
      medianOf((rounds[0] ?? []).map((round, i) => figure(rounds[1]?.[i] ?? round) / figure(round)));
    console.log(
      `await each confirm to ours: p99 ${ratio(({ paced }) => paced.p99).toFixed(2)} x, most/s ${ratio(({ perSecond }) => perSecond).toFixed(3)} x`,
    );
    for (const { queue } of broker.report().queues) await admin.deleteQueue(queue);
    await admin.deleteExchange(exchange);
  } finally {
    await broker.stop();
    await model.close();
    await stop();
  }
}

void main().catch((error: unknown) => {
  console.error(error);
  process.exitCode = 1;
});
