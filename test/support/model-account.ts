import type { Clock } from '../../src/clock/clock';
import type { FetchJson } from '../../src/upstream/rest';
import type { FakeRequest, FakeSocket } from './fake-exchange';

type Raw = Record<string, unknown>;

const CLOSED = ['Filled', 'Cancelled'];

/**
 * The exchange's account as simply as can be: what REST answers is what is true when it is asked, and what happens is pushed to the
 * one socket that has subscribed, if any. The test decides when pushes and answers arrive.
 */
export class ModelAccount {
  readonly orders = new Map<string, Raw>();
  readonly executions: Raw[] = [];
  readonly positions = new Map<string, Raw>();
  readonly coins = new Map<string, Raw>();
  readonly paths: string[] = [];
  readonly headers: Readonly<Record<string, string>>[] = [];
  /** What the exchange says to auth requests instead of yes. */
  refusal: string | undefined;
  /** Pings get no answer. */
  mute = false;
  /** Code and message of every signed answer, when set. */
  retCode = 0;
  retMsg = 'OK';
  /** Pages are this long, whatever is asked for. */
  pageLength = 50;
  /** Answers wait until {@link answer} when set. */
  slow = false;
  /** Subscriptions wait for {@link acknowledge} when set. */
  slowAcks = false;
  /** Signatures that are more than five seconds old, or a second early, are refused when set. */
  judgesTime = false;
  /** Signed answers fail when set. */
  failure: Error | undefined;
  private readonly waiting: (() => void)[] = [];
  private flying: object[] = [];
  private socket: FakeSocket | undefined;
  private sequence = 1000;
  private count = 0;

  constructor(
    private readonly clock: Clock,
    /** How far the exchange's clock is ahead of ours, ms. */
    public aheadMs = 0,
  ) {}

  get time(): number {
    return this.clock.now() + this.aheadMs;
  }

  /** For a fake socket: answers as the private socket does. */
  readonly hear = (socket: FakeSocket, request: FakeRequest): void => {
    if (request.op === 'ping') {
      if (!this.mute) socket.say({ op: 'pong', args: [String(this.time)], conn_id: 'c' });
      return;
    }
    if (request.op === 'auth') {
      const expires = Number(request.args?.[1]);
      const words = expires <= this.time ? 'Params Error' : (this.refusal ?? '');
      this.say(socket, request, words);
      return;
    }
    this.socket = socket;
    this.acknowledge = () => this.say(socket, request, '');
    if (!this.slowAcks) this.acknowledge();
  };

  /** The subscription is acknowledged; pushes may come before. */
  acknowledge: () => void = () => undefined;

  private say(socket: FakeSocket, { req_id, op }: FakeRequest, words: string): void {
    socket.say({ req_id, success: words === '', ret_msg: words, op, conn_id: 'c' });
  }

  /** The connection is gone, and what was under way with it. */
  disconnect(): void {
    this.flying = [];
    this.socket = undefined;
  }

  get pushesUnderWay(): number {
    return this.flying.length;
  }

  get answersUnderWay(): number {
    return this.waiting.length;
  }

  /** Brings the oldest pushes that are under way. */
  deliver(count = Infinity): void {
    for (let i = 0; i < count; i++) {
      const frame = this.flying.shift();
      if (!frame) return;
      this.socket?.say(frame);
    }
  }

  /** The exchange loses a push that is under way. */
  lose(index: number): void {
    this.flying.splice(index, 1);
  }

  /** Brings an answer that is under way. */
  answer(index = 0): void {
    this.waiting.splice(index, 1)[0]?.();
  }

  place(symbol: string, side: 'Buy' | 'Sell', quantity: number): string {
    const orderId = `order-${++this.count}`;
    this.orders.set(orderId, {
      category: 'linear',
      symbol,
      orderId,
      orderLinkId: '',
      side,
      positionIdx: 0,
      orderType: 'Limit',
      timeInForce: 'GTC',
      price: '10',
      qty: String(quantity),
      cancelType: 'UNKNOWN',
      rejectReason: 'EC_NoError',
      reduceOnly: false,
      createdTime: String(this.time),
      ...this.progress('New', 0, quantity),
    });
    this.push('order', this.orders.get(orderId));
    return orderId;
  }

  cancel(orderId: string): void {
    const order = this.orders.get(orderId);
    if (!order || CLOSED.includes(String(order['orderStatus']))) return;
    Object.assign(order, this.progress('Cancelled', Number(order['cumExecQty']), 0), {
      cancelType: 'CancelByUser',
      rejectReason: 'EC_PerCancelRequest',
    });
    this.push('order', order);
  }

  fill(orderId: string, quantity: number): void {
    const order = this.orders.get(orderId);
    if (!order || CLOSED.includes(String(order['orderStatus']))) return;
    const left = Number(order['leavesQty']);
    const part = Math.min(left, quantity);
    const filled = Number(order['cumExecQty']) + part;
    Object.assign(order, this.progress(part === left ? 'Filled' : 'PartiallyFilled', filled, left - part));
    const seq = ++this.sequence;
    const execution = {
      category: 'linear',
      symbol: order['symbol'],
      orderId,
      orderLinkId: '',
      side: order['side'],
      execId: `execution-${++this.count}`,
      execType: 'Trade',
      execPrice: '10',
      execQty: String(part),
      execFee: '0.01',
      isMaker: true,
      leavesQty: order['leavesQty'],
      execTime: String(this.time),
      seq,
    };
    this.executions.push(execution);
    this.push('execution', execution);
    this.push('order', order);
    this.push('position', this.move(String(order['symbol']), order['side'] === 'Buy' ? part : -part, seq));
    this.transfer('USDT', -0.01);
  }

  /** Balances may go below zero. */
  transfer(coin: string, amount: number): void {
    const before = Number(this.coins.get(coin)?.['walletBalance'] ?? 0);
    this.coins.set(coin, { coin, walletBalance: (before + amount).toFixed(2), borrowAmount: '0', equity: '', usdValue: '' });
    this.push('wallet', { accountType: 'UNIFIED', totalEquity: '', coin: [this.coins.get(coin)] });
  }

  readonly fetchJson: FetchJson = (address, headers) => {
    const url = new URL(address);
    this.paths.push(`${url.pathname}${url.search}`);
    if (headers) this.headers.push(headers);
    const time = this.time;
    const signed = url.pathname !== '/v5/market/time';
    if (signed && this.failure) return Promise.reject(this.failure);
    if (signed && this.judgesTime) {
      const age = time - Number(headers?.['X-BAPI-TIMESTAMP']);
      if (age > 5000 || age < -1000) return Promise.resolve({ retCode: 10002, retMsg: 'invalid request', result: {}, time });
    }
    const answer =
      this.retCode === 0 || !signed
        ? { retCode: 0, retMsg: 'OK', result: structuredClone(this.result(url)), time }
        : { retCode: this.retCode, retMsg: this.retMsg, result: {}, time };
    if (!this.slow || !signed) return Promise.resolve(answer);
    return new Promise((resolve) => this.waiting.push(() => resolve(answer)));
  };

  private result(url: URL): object {
    const query = url.searchParams;
    switch (url.pathname) {
      case '/v5/market/time':
        return { timeSecond: String(Math.floor(this.time / 1000)), timeNano: `${this.time}000000` };
      case '/v5/account/wallet-balance':
        return { list: [{ accountType: 'UNIFIED', totalEquity: '', coin: [...this.coins.values()] }] };
      case '/v5/position/list':
        return this.page(
          query,
          [...this.positions.values()].filter((one) => this.concerns(query, one) && this.shown(query, one)),
        );
      case '/v5/order/realtime':
        return this.page(
          query,
          this.ordersFor(query, (order) => !CLOSED.includes(String(order['orderStatus']))),
        );
      case '/v5/order/history':
        return this.page(
          query,
          this.ordersFor(query, (order) => Number(order['createdTime']) >= Number(query.get('startTime'))).reverse(),
        );
      case '/v5/execution/list':
        return this.page(
          query,
          this.executions
            .filter((one) => this.concerns(query, one) && Number(one['execTime']) >= Number(query.get('startTime')))
            .reverse(),
        );
      default:
        throw new Error(`nothing at ${url.pathname}`);
    }
  }

  private ordersFor(query: URLSearchParams, matches: (order: Raw) => boolean): Raw[] {
    const id = query.get('orderId');
    return [...this.orders.values()].filter(
      (order) => this.concerns(query, order) && (id === null ? matches(order) : order['orderId'] === id),
    );
  }

  private concerns(query: URLSearchParams, item: Raw): boolean {
    return query.get('category') === item['category'] && (query.get('settleCoin') ?? 'USDT') === 'USDT';
  }

  private shown(query: URLSearchParams, position: Raw): boolean {
    const symbol = query.get('symbol');
    return symbol === null ? Number(position['size']) > 0 : position['symbol'] === symbol;
  }

  /** REST does not name the category in each item. */
  private page(query: URLSearchParams, all: Raw[]): object {
    const from = Number((query.get('cursor') ?? '').replace('from:', ''));
    const to = from + this.pageLength;
    const list = all.slice(from, to).map((item) => ({ ...item, category: undefined }));
    return { category: query.get('category'), list, nextPageCursor: to < all.length ? `from%3A${to}` : '' };
  }

  private progress(orderStatus: string, filled: number, left: number): Raw {
    return { orderStatus, cumExecQty: String(filled), leavesQty: String(left), updatedTime: String(this.time) };
  }

  private move(symbol: string, by: number, seq: number): Raw {
    const before = this.positions.get(symbol);
    const size = (before?.['side'] === 'Sell' ? -1 : 1) * Number(before?.['size'] ?? 0) + by;
    const position = {
      category: 'linear',
      symbol,
      positionIdx: 0,
      side: size === 0 ? '' : size > 0 ? 'Buy' : 'Sell',
      size: String(Math.abs(size)),
      entryPrice: size === 0 ? '0' : '10',
      updatedTime: String(this.time),
      seq,
    };
    this.positions.set(symbol, position);
    return position;
  }

  private push(topic: string, item: Raw | undefined): void {
    if (!this.socket) return;
    this.flying.push({ id: 'x', topic, creationTime: this.time, data: [structuredClone(item)] });
  }
}
