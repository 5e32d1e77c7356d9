import { createHmac } from 'node:crypto';
import { signRealtime } from '../../src/simulator/api-key';
import type { SimulatedExchange } from '../../src/simulator/simulated-exchange';
import { ExchangeClient } from './exchange-client';

/** A frame of the private socket. */
export interface AccountFrame {
  readonly id?: string;
  readonly topic: string;
  readonly creationTime: number;
  readonly data: readonly Readonly<Record<string, unknown>>[];
}

/** An answer of REST. */
interface Answer {
  readonly retCode: number;
  readonly retMsg: string;
  readonly result: { readonly list: readonly Readonly<Record<string, unknown>>[]; readonly nextPageCursor: string } & Readonly<
    Record<string, unknown>
  >;
}

/** A client of the simulated account: an authenticated private socket, and signed calls. */
export class PrivateClient {
  private constructor(
    readonly socket: ExchangeClient,
    private readonly exchange: SimulatedExchange,
  ) {}

  static async open(exchange: SimulatedExchange, ...topics: string[]): Promise<PrivateClient> {
    const socket = await ExchangeClient.open(`${exchange.wsUrl}/v5/private`);
    const expires = exchange.now() + 1_000;
    socket.send({ op: 'auth', args: ['test-key', expires, signRealtime('test-secret', String(expires))] });
    await socket.frame();
    if (topics.length > 0) {
      socket.send({ op: 'subscribe', args: topics });
      await socket.frame();
    }
    return new PrivateClient(socket, exchange);
  }

  /** All account frames that have been sent and not been read. */
  async frames(): Promise<AccountFrame[]> {
    return (await this.socket.untilPong()) as unknown as AccountFrame[];
  }

  get(path: string, headers: Readonly<Record<string, string>> = {}): Promise<Answer> {
    return this.call('GET', path, path.split('?')[1] ?? '', headers);
  }

  post(path: string, body: object): Promise<Answer> {
    return this.call('POST', path, JSON.stringify(body), {});
  }

  close(): Promise<void> {
    return this.socket.close();
  }

  private async call(method: string, path: string, payload: string, headers: Readonly<Record<string, string>>): Promise<Answer> {
    const { 'X-BAPI-API-KEY': key = 'test-key', 'X-BAPI-TIMESTAMP': timestamp = String(this.exchange.now()) } = headers;
    const sign = createHmac('sha256', 'test-secret').update(`${timestamp}${key}5000${payload}`).digest('hex');
    const response = await fetch(`${this.exchange.restUrl}${path}`, {
      method,
      ...(method === 'POST' ? { body: payload } : {}),
      headers: {
        'X-BAPI-API-KEY': key,
        'X-BAPI-TIMESTAMP': timestamp,
        'X-BAPI-RECV-WINDOW': '5000',
        'X-BAPI-SIGN': sign,
        connection: 'close',
        ...headers,
      },
    });
    if (response.status !== 200) throw new Error(`${method} ${path}: HTTP ${response.status}`);
    return (await response.json()) as Answer;
  }
}
