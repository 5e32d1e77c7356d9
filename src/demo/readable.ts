import type { Kline, Liquidation, OrderBookData, Ticker, Trade } from '../streams/message';
import type { ControlFrame, DataFrame } from './frame';

/** More entries of one message than this are counted, not shown: a line should fit a terminal. */
const SHOWN_ENTRIES = 3;

/** One line for a person: time, stream, and what happened. */
export function readableData(frame: DataFrame): string {
  const time = new Date(frame.timestamp).toISOString().slice(11, 23);
  return `${time}  ${frame.stream}  ${describeData(frame)}`;
}

/** One line for a reply or notice; undefined for one that says nothing new. */
export function readableControl(frame: ControlFrame): string | undefined {
  switch (frame.op) {
    case 'subscribe':
      return subscribeLines(frame).join('\n');
    case 'status':
      return `* ${frame.stream ?? `market ${frame.market ?? ''}`} is ${frame.state ?? ''}${because(frame.reason)}`;
    case 'gap':
      return `* ${frame.stream ?? ''}: ${missing(frame)}${because(frame.reason)}`;
    case 'error':
      return `! ${frame.message ?? ''} [${frame.code ?? ''}]`;
    case 'pong':
      return undefined;
    default:
      return `* ${frame.op}${because(frame.message)}`;
  }
}

function subscribeLines(frame: ControlFrame): string[] {
  const rejected = (frame.rejected ?? []).map(({ arg, reason }) => `! ${String(arg)} was rejected: ${reason}`);
  const pending = (frame.pending ?? []).map((arg) => `* ${arg}: the exchange has not answered yet`);
  const lost = (frame.streams ?? []).filter((stream) => stream.recovered === false);
  return [
    ...((frame.args ?? []).length > 0 ? [`* subscribed to ${(frame.args ?? []).join(', ')}`] : []),
    ...rejected,
    ...pending,
    ...lost.map(({ stream }) => `* ${stream}: what was missed could not be recovered`),
  ];
}

/** What was lost before it had numbers, and what an epoch before this one had, cannot be counted. */
function missing({ from, to, reason }: ControlFrame): string {
  if (reason === 'upstream_reconnect') return 'some messages may be missing';
  if (to === 0) return 'what came before may be missing in part';
  return `messages ${from ?? '?'} to ${to ?? '?'} are missing`;
}

function because(reason: string | undefined): string {
  return reason === undefined || reason === '' ? '' : `: ${reason}`;
}

/** The kind is the third word of `mudrex.futures.ticker.BTCUSDT`; the protocol fixes the payload of each kind. */
function describeData(frame: DataFrame): string {
  switch (frame.stream.split('.')[2]) {
    case 'ticker':
      return describeTicker(frame.data as Ticker);
    case 'kline':
      return describeKline(frame.data as Kline);
    case 'trade':
      return describeEntries(frame.data as readonly Trade[], (trade) => `${trade.side} ${trade.quantity} @ ${trade.price}`);
    case 'liquidation':
      return describeEntries(
        frame.data as readonly Liquidation[],
        (entry) => `${entry.side} of ${entry.quantity} @ ${entry.price}`,
      );
    case 'orderbook':
      return describeBook(frame);
    default:
      return JSON.stringify(frame.data);
  }
}

function describeTicker(ticker: Ticker): string {
  const parts = [ticker.price ?? '-'];
  if (ticker.bid) parts.push(`bid ${ticker.bid.price} x ${ticker.bid.size}`);
  if (ticker.ask) parts.push(`ask ${ticker.ask.price} x ${ticker.ask.size}`);
  if (ticker.change24hPercent !== undefined) parts.push(`24h ${ticker.change24hPercent} %`);
  return parts.join('  ');
}

function describeKline(kline: Kline): string {
  const { open, high, low, close, volume, confirmed } = kline;
  return `open ${open}  high ${high}  low ${low}  close ${close}  volume ${volume}${confirmed ? '  closed' : ''}`;
}

function describeEntries<T>(entries: readonly T[], describe: (entry: T) => string): string {
  const more = entries.length - SHOWN_ENTRIES;
  return entries.slice(0, SHOWN_ENTRIES).map(describe).join(', ') + (more > 0 ? `, and ${more} more` : '');
}

function describeBook(frame: DataFrame): string {
  const { bids, asks } = frame.data as OrderBookData;
  if (frame.type === 'delta') return `${bids.length} bids and ${asks.length} asks changed`;
  const [bid, ask] = [bids[0], asks[0]];
  return `bid ${bid ? `${bid[0]} x ${bid[1]}` : '-'}  ask ${ask ? `${ask[0]} x ${ask[1]}` : '-'}`;
}
