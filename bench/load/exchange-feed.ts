/**
 * The open-loop publisher of the fan-out benchmarks, a process of its own: sends what is due whether anybody keeps up or not.
 *
 * At any path it is as much of the exchange as the gateway needs to subscribe to tickers; at `/final` it sends the texts that
 * clients get, for all symbols, unasked: the peers' way in, which spares them the exchange's format.
 */
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { WebSocketServer, type WebSocket } from 'ws';
import { pace } from './pace';
import { answer } from './parent';
import { exchangeDelta, exchangeSnapshot, FinalTexts, type TickerSize } from './ticker-texts';

export type FeedRequest =
  /** `quiet`: symbols that exist and are never published on. */
  | { readonly symbols: readonly string[]; readonly quiet: readonly string[]; readonly size: TickerSize }
  /** Messages in turn over the symbols; answered with {@link Published} when the last is sent. */
  | { readonly publish: { readonly rate: number; readonly messages: number } };

export interface Published {
  /** How many messages each symbol got, in the order of the symbols. */
  readonly counts: readonly number[];
  readonly seconds: number;
  /** Most bytes that the receiver left waiting in the publisher: large when it could not keep up with reading. */
  readonly mostWaiting: number;
}

const WAITING_LOOK_EVERY = 64;

let symbols: readonly string[] = [];
let quiet: readonly string[] = [];
let size: TickerSize = 'small';
let texts: FinalTexts[] = [];
const listeners = new Map<WebSocket, Set<string>>();
const passers = new Set<WebSocket>();
let turn = 0;

function sendNext(counts: number[]): void {
  const index = turn++ % symbols.length;
  const symbol = symbols[index] ?? '';
  counts[index] = (counts[index] ?? 0) + 1;
  for (const [socket, topics] of listeners) if (topics.has(symbol)) socket.send(exchangeDelta(symbol));
  if (passers.size === 0) return;
  const text = texts[index]?.next() ?? '';
  for (const socket of passers) socket.send(text);
}

function waiting(): number {
  let bytes = 0;
  for (const socket of [...listeners.keys(), ...passers]) bytes += socket.bufferedAmount;
  return bytes;
}

async function publish(rate: number, messages: number): Promise<Published> {
  const counts = new Array<number>(symbols.length).fill(0);
  let mostWaiting = 0;
  const seconds = await pace(rate, messages, (sent) => {
    sendNext(counts);
    if (sent % WAITING_LOOK_EVERY === 0) mostWaiting = Math.max(mostWaiting, waiting());
  });
  return { counts, seconds, mostWaiting };
}

function serveExchange(socket: WebSocket): void {
  const topics = new Set<string>();
  listeners.set(socket, topics);
  socket.on('close', () => listeners.delete(socket));
  socket.on('message', (data: Buffer) => {
    const { op, args = [], req_id = '' } = JSON.parse(data.toString()) as { op: string; args?: string[]; req_id?: string };
    socket.send(JSON.stringify({ success: true, ret_msg: op === 'ping' ? 'pong' : '', conn_id: 'bench', req_id, op }));
    for (const topic of args) {
      const symbol = topic.slice('tickers.'.length);
      if (op === 'unsubscribe') topics.delete(symbol);
      if (op !== 'subscribe') continue;
      topics.add(symbol);
      socket.send(exchangeSnapshot(symbol, size));
    }
  });
}

function serveFinal(socket: WebSocket): void {
  passers.add(socket);
  socket.on('close', () => passers.delete(socket));
}

const http = createServer((_request, response) => {
  response.setHeader('content-type', 'application/json');
  const list = [...symbols, ...quiet].map((symbol) => ({ symbol }));
  response.end(JSON.stringify({ retCode: 0, retMsg: 'OK', result: { list, nextPageCursor: '' }, retExtInfo: {}, time: 0 }));
});
new WebSocketServer({ server: http }).on('connection', (socket, request: IncomingMessage) => {
  socket.on('error', () => socket.terminate());
  if (request.url === '/final') serveFinal(socket);
  else serveExchange(socket);
});

answer(async (request: FeedRequest): Promise<Published | { port: number }> => {
  if ('publish' in request) return publish(request.publish.rate, request.publish.messages);
  ({ symbols, quiet, size } = request);
  texts = symbols.map((symbol) => new FinalTexts(symbol, size));
  turn = 0;
  if (!http.listening) await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
  return { port: (http.address() as AddressInfo).port };
});
