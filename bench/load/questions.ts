/** Clients that ask and time the answers while others are sent data: a process of its own, so that reading the data is not in the times. */
import { setTimeout as pause } from 'node:timers/promises';
import { WebSocket } from 'ws';
import { Latencies, type Percentiles } from './latencies';
import { answer } from './parent';

export interface QuestionsRequest {
  readonly port: number;
  /** Streams on which nothing is published. */
  readonly quiet: readonly string[];
  readonly seconds: number;
}

/** Times to the answer, each as the client sees it. */
export interface Answers {
  /** The protocol's own ping. */
  readonly ping: Percentiles;
  /** WebSocket's ping frame. */
  readonly controlPing: Percentiles;
  /** A further subscription, to its reply. */
  readonly subscribe: Percentiles;
  /** From connecting to the first message of a stream. */
  readonly join: Percentiles;
}

const ASKING = 16;
const JOINING = 4;
/** Well below what one client may ask in a second. */
const PAUSE_MS = 50;

type Times = Record<keyof Answers, Latencies>;

async function timed<T>(latencies: Latencies, done: Promise<T>): Promise<T> {
  const startedAt = performance.now();
  const result = await done;
  latencies.add((performance.now() - startedAt) * 1000);
  return result;
}

function connected(port: number): Promise<WebSocket> {
  const socket = new WebSocket(`ws://127.0.0.1:${port}/ws`, { perMessageDeflate: false });
  return new Promise((resolve, reject) => {
    socket.once('open', () => resolve(socket));
    socket.once('error', reject);
  });
}

/** The next text frame that says so. */
function heard(socket: WebSocket, mark: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const look = (data: Buffer) => {
      if (!data.includes(mark)) return;
      socket.off('message', look);
      socket.off('close', failed);
      resolve();
    };
    const failed = (code: number) => reject(new Error(`closed with ${code} before ${mark} came`));
    socket.on('message', look);
    socket.once('close', failed);
  });
}

async function ask(socket: WebSocket, message: object, mark: string): Promise<void> {
  const reply = heard(socket, mark);
  socket.send(JSON.stringify(message));
  await reply;
}

function ponged(socket: WebSocket): Promise<void> {
  return new Promise((resolve) => {
    socket.once('pong', () => resolve());
    socket.ping();
  });
}

async function asking(port: number, stream: string, until: number, times: Times): Promise<void> {
  const socket = await connected(port);
  while (performance.now() < until) {
    await timed(times.ping, ask(socket, { op: 'ping' }, '"op":"pong"'));
    await timed(times.controlPing, ponged(socket));
    await timed(times.subscribe, ask(socket, { op: 'subscribe', args: [stream] }, '"op":"subscribe"'));
    await ask(socket, { op: 'unsubscribe', args: [stream] }, '"op":"unsubscribe"');
    await pause(PAUSE_MS);
  }
  socket.terminate();
}

async function joining(port: number, stream: string, until: number, times: Times): Promise<void> {
  while (performance.now() < until) {
    const joined = async () => {
      const socket = await connected(port);
      await ask(socket, { op: 'subscribe', args: [stream] }, '"type":"snapshot"');
      return socket;
    };
    const socket = await timed(times.join, joined());
    socket.terminate();
    await pause(PAUSE_MS);
  }
}

answer(async ({ port, quiet, seconds }: QuestionsRequest): Promise<Answers> => {
  const until = performance.now() + seconds * 1000;
  const times = {
    ping: new Latencies(),
    controlPing: new Latencies(),
    subscribe: new Latencies(),
    join: new Latencies(),
  };
  const streamAt = (i: number) => quiet[i % quiet.length] ?? '';
  await Promise.all([
    ...Array.from({ length: ASKING }, (_, i) => asking(port, streamAt(i), until, times)),
    ...Array.from({ length: JOINING }, (_, i) => joining(port, streamAt(i), until, times)),
  ]);
  return {
    ping: times.ping.percentiles(),
    controlPing: times.controlPing.percentiles(),
    subscribe: times.subscribe.percentiles(),
    join: times.join.percentiles(),
  };
});
