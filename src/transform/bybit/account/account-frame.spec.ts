import type { AccountBalance, AccountExecution, AccountItem, AccountOrder, AccountPosition } from '../../../streams/account';
import { BadFrameError, type RawFrame } from '../../transform';
import { readAccountFrame } from './account-frame';

/** Recorded from the testnet. */
const CANCELLED =
  '{"topic":"order","id":"100542583_BTCUSDT_9383187804","creationTime":1731164520156,"data":[{"category":"linear","symbol":"BTCUSDT","orderId":"cdd702d3-eb27-4fc0-bd08-24076fb3ed50","orderLinkId":"","blockTradeId":"","side":"Buy","positionIdx":0,"orderStatus":"Cancelled","cancelType":"CancelByUser","rejectReason":"EC_PerCancelRequest","timeInForce":"GTC","isLeverage":"","price":"69000","qty":"0.01","avgPrice":"","leavesQty":"0","leavesValue":"0","cumExecQty":"0","cumExecValue":"0","cumExecFee":"0","orderType":"Limit","stopOrderType":"","orderIv":"","triggerPrice":"","takeProfit":"","stopLoss":"","triggerBy":"","tpTriggerBy":"","slTriggerBy":"","triggerDirection":0,"placeType":"","lastPriceOnCreated":"76293.3","closeOnTrigger":false,"reduceOnly":false,"smpGroup":0,"smpType":"None","smpOrderId":"","slLimitPrice":"0","tpLimitPrice":"0","tpslMode":"UNKNOWN","createType":"CreateByUser","marketUnit":"","createdTime":"1731164520141","updatedTime":"1731164520154","feeCurrency":"","closedPnl":"0"}]}';
const FILLED =
  '{"topic":"order","id":"100542583_BTCUSDT_9383181511","creationTime":1731163643568,"data":[{"category":"linear","symbol":"BTCUSDT","orderId":"9f0c6937-b49b-4cf8-bbe2-f58e5d8440c5","orderLinkId":"","blockTradeId":"","side":"Sell","positionIdx":0,"orderStatus":"Filled","cancelType":"UNKNOWN","rejectReason":"EC_NoError","timeInForce":"IOC","isLeverage":"","price":"75200.4","qty":"0.01","avgPrice":"75609.43","leavesQty":"0","leavesValue":"0","cumExecQty":"0.01","cumExecValue":"756.0943","cumExecFee":"0.24195018","orderType":"Market","stopOrderType":"","orderIv":"","triggerPrice":"","takeProfit":"","stopLoss":"","reduceOnly":true,"createdTime":"1731163643564","updatedTime":"1731163643567","closedPnl":"-3.72063578"}]}';

function read(text: string): readonly AccountItem[] {
  return readAccountFrame(JSON.parse(text) as RawFrame, 9).items;
}

function frame(topic: string, ...data: unknown[]): RawFrame {
  return { topic, creationTime: 1_700_000_000_000, data };
}

const POSITION = { category: 'linear', symbol: 'BTCUSDT', side: 'Buy', size: '0.5', positionIdx: 0, updatedTime: '5', seq: 7 };
const EXECUTION = {
  category: 'spot',
  symbol: 'BTCUSDT',
  execId: 'e',
  orderId: 'o',
  side: 'Sell',
  execType: 'Trade',
  execPrice: '1.50',
  execQty: '2',
  execTime: '6',
};

test('a recorded order becomes one message, with decimals as they were written and nothing where the exchange names nothing', () => {
  expect(read(FILLED)).toEqual([
    {
      kind: 'order',
      item: {
        id: '9f0c6937-b49b-4cf8-bbe2-f58e5d8440c5',
        clientId: null,
        symbol: 'BTCUSDT',
        market: 'futures',
        side: 'sell',
        type: 'Market',
        status: 'Filled',
        price: '75200.4',
        quantity: '0.01',
        filledQuantity: '0.01',
        remainingQuantity: '0',
        filledValue: '756.0943',
        averagePrice: '75609.43',
        fee: '0.24195018',
        timeInForce: 'IOC',
        reduceOnly: true,
        positionIndex: 0,
        triggerPrice: null,
        takeProfit: null,
        stopLoss: null,
        reason: null,
        createdAt: 1731163643564,
        updatedAt: 1731163643567,
        origin: 'push',
      } satisfies AccountOrder,
    },
  ]);
});

test('a cancelled order says why', () => {
  expect(read(CANCELLED)).toMatchObject([{ item: { status: 'Cancelled', reason: 'EC_PerCancelRequest', averagePrice: null } }]);
});

test('the time of a frame is when the exchange made it', () => {
  expect(readAccountFrame(JSON.parse(FILLED) as RawFrame, 9).time).toBe(1731163643568);
  expect(readAccountFrame({ topic: 'order', data: [] }, 9).time).toBe(9);
});

test.each([
  ['a one-way position', { positionIdx: 0 }, { positionIndex: 0, side: 'long', sequence: 7 }],
  ['the short side of a hedge', { positionIdx: 2, side: 'Sell' }, { positionIndex: 2, side: 'short' }],
  ['a flat position with an empty side', { side: '', size: '0', entryPrice: '0' }, { side: 'flat', size: '0', entryPrice: null }],
  ['a symbol that was never traded', { side: '', size: '0', seq: -1 }, { side: 'flat', sequence: null }],
  ['portfolio margin, which has no leverage', { leverage: '', liqPrice: '' }, { leverage: null, liquidationPrice: null }],
  ['a loss', { unrealisedPnl: '-12.5', cumRealisedPnl: '-25.06579337' }, { unrealisedPnl: '-12.5', realisedPnl: '-25.06579337' }],
  ['unknown fields', { delta: 'x', brandNew: { a: 1 } }, { side: 'long' }],
])('%s is a position', (_name, fields, expected) => {
  const { items, withheld } = readAccountFrame(frame('position', { ...POSITION, ...fields }), 9);
  expect(withheld).toEqual([]);
  expect(items).toMatchObject([{ kind: 'position', item: expected }]);
});

test('a topic of one category means the same as the one of all', () => {
  const [one] = readAccountFrame(frame('position.linear', POSITION), 9).items;
  expect(one).toEqual(readAccountFrame(frame('position', POSITION), 9).items[0]);
});

test.each([
  ['linear', 'futures'],
  ['spot', 'spot'],
  ['inverse', 'inverse'],
  ['option', 'option'],
])('the category %s is the market %s', (category, market) => {
  expect(readAccountFrame(frame('execution', { ...EXECUTION, category }), 9).items).toMatchObject([{ item: { market } }]);
});

test('each fill of a frame is a message of its own, and funding needs no order', () => {
  const funding = { ...EXECUTION, execId: 'f', execType: 'Funding', orderId: '', side: '', execFee: '-0.01', seq: 8 };
  const { items } = readAccountFrame(frame('execution', EXECUTION, funding), 9);
  expect(items.map(({ item }) => item)).toMatchObject([
    { id: 'e', price: '1.50', side: 'sell', fee: null, sequence: null, time: 6 } satisfies Partial<AccountExecution>,
    { id: 'f', type: 'Funding', orderId: '', side: null, fee: '-0.01', sequence: 8 } satisfies Partial<AccountExecution>,
  ]);
});

test('a wallet with borrowings and a negative balance is one message with all its coins', () => {
  const wallet = {
    accountType: 'UNIFIED',
    totalEquity: '3.31216591',
    totalPerpUPL: '-2.5',
    totalInitialMargin: '',
    coin: [
      {
        coin: 'USDC',
        walletBalance: '-201.34882644',
        borrowAmount: '201.34',
        accruedInterest: '0.0001',
        equity: '',
        locked: '0',
      },
      { coin: 'EOS3L', walletBalance: '215.0570412', accruedInterest: '', cumRealisedPnl: '-0.5' },
    ],
  };
  const { items, withheld } = readAccountFrame(frame('wallet', wallet), 9);
  expect(withheld).toEqual([]);
  expect(items).toMatchObject([
    {
      kind: 'balance',
      item: {
        accountType: 'UNIFIED',
        margin: { totalEquity: '3.31216591', totalUnrealisedPnl: '-2.5', totalInitialMargin: null, totalWalletBalance: null },
        coins: [
          {
            coin: 'USDC',
            walletBalance: '-201.34882644',
            borrowed: '201.34',
            accruedInterest: '0.0001',
            equity: null,
            locked: '0',
          },
          { coin: 'EOS3L', walletBalance: '215.0570412', accruedInterest: null, realisedPnl: '-0.5', borrowed: null },
        ],
      },
    },
  ] satisfies { kind: string; item: Partial<Omit<AccountBalance, 'margin' | 'coins'>> & { margin: object; coins: object[] } }[]);
});

test.each([
  ['a position of unknown side', 'position', { ...POSITION, side: 'Up' }],
  ['a size that is no number', 'position', { ...POSITION, size: 'much' }],
  ['a position without a symbol', 'position', { ...POSITION, symbol: '' }],
  ['an unknown category', 'position', { ...POSITION, category: 'constructor' }],
  ['a hedge with three sides', 'position', { ...POSITION, positionIdx: 3 }],
  ['no object', 'position', null],
])('%s is withheld by itself, and the others of its frame stand', (_name, topic, wrong) => {
  const { items, withheld } = readAccountFrame(frame(topic, POSITION, wrong, { ...POSITION, symbol: 'ETHUSDT' }), 9);
  expect(items.map(({ item }) => (item as AccountPosition).symbol)).toEqual(['BTCUSDT', 'ETHUSDT']);
  expect(withheld).toMatchObject([{ reason: 'wrong_shape' }]);
});

test('a coin that cannot be read does not cost the others', () => {
  const wallet = {
    accountType: 'UNIFIED',
    coin: [
      { coin: '', walletBalance: '1' },
      { coin: 'BTC', walletBalance: '1' },
    ],
  };
  const { items, withheld } = readAccountFrame(frame('wallet', wallet), 9);
  expect(items).toMatchObject([{ item: { coins: [{ coin: 'BTC' }] } }]);
  expect(withheld).toHaveLength(1);
});

test.each([
  ['an unknown topic', frame('greeks')],
  ['the name of something that every object has', frame('constructor')],
  ['data that is no list', { topic: 'order', data: {} }],
])('%s is no frame of the account', (_name, wrong) => {
  expect(() => readAccountFrame(wrong, 9)).toThrow(BadFrameError);
});
