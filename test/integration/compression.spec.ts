import type { ClientOptions } from 'ws';
import zlib from 'node:zlib';
import type { Settings } from '../../src/config/settings';
import { BTC, GatewayApp } from '../support/gateway-app';
import { contentOf, Opcode, RawClient } from '../support/raw-client';
import type { WireFrame } from '../support/read-frames';

const SUBSCRIBE = { op: 'subscribe', args: ['ticker:BTCUSDT'] };
const LONG = '9'.repeat(600);

let gateway: GatewayApp;
const raw: RawClient[] = [];

async function start(compression: Settings['compression']): Promise<GatewayApp> {
  gateway = await GatewayApp.start({ compression });
  return gateway;
}

afterEach(async () => {
  jest.restoreAllMocks();
  for (const { socket } of raw.splice(0)) socket.destroy();
  await gateway.stop();
});

async function rawClient(extensions: string): Promise<RawClient> {
  const client = await RawClient.connect(gateway.port, '/ws', extensions);
  raw.push(client);
  client.write({ opcode: Opcode.TEXT, payload: JSON.stringify(SUBSCRIBE) });
  await client.next();
  return client;
}

/** What negotiates compression in its own way, and what does not. */
const OFFERS: [string, ClientOptions['perMessageDeflate']][] = [
  ['none', false],
  ['the usual one', true],
  ['a smaller window of ours', { serverMaxWindowBits: 10 }],
  ['a smaller window of its own', { clientMaxWindowBits: 9 }],
  ['no context takeover', { serverNoContextTakeover: true, clientNoContextTakeover: true }],
];

describe.each(['on', 'auto', 'off'] as const)('COMPRESSION=%s', (compression) => {
  it('brings the same texts to every client, whatever it offered, and takes theirs', async () => {
    const { exchange } = await start(compression);
    const clients = await Promise.all(
      OFFERS.map(([, perMessageDeflate]) => gateway.client({ perMessageDeflate: perMessageDeflate ?? false })),
    );
    expect(clients.map(({ ws }) => ws.extensions !== '')).toEqual(
      OFFERS.map(([, offer]) => offer !== false && compression !== 'off'),
    );
    // Long enough for the client to compress it.
    for (const client of clients) {
      expect(await client.request({ ...SUBSCRIBE, pad: 'x'.repeat(3000) })).toMatchObject({ success: true });
    }
    const prices = [LONG, '1', '2', LONG.repeat(200), '3', LONG];
    for (const price of prices) exchange.price(BTC, price);
    for (const client of clients) {
      const said = await client.said();
      expect(said.map(({ data }) => (data as { price: string }).price)).toEqual(prices);
    }
  });
});

it.each([
  ['on', [true, true]],
  ['auto', [false, true]],
  ['off', [false, false]],
] as const)('COMPRESSION=%s compresses short and long messages: %j', async (compression, expected) => {
  const { exchange } = await start(compression);
  const client = await rawClient('permessage-deflate');
  exchange.price(BTC, '1');
  exchange.price(BTC, LONG);
  const frames = [(await client.next()) as WireFrame, (await client.next()) as WireFrame];
  expect(frames.map(({ reserved }) => reserved === 4)).toEqual(expected);
  expect(frames.map((frame) => (JSON.parse(contentOf(frame).toString()) as { seq: number }).seq)).toEqual([1, 2]);
});

it.each([
  ['', false],
  ['permessage-deflate; server_max_window_bits=10', false],
  ['permessage-deflate; client_max_window_bits', true],
  ['x-webkit-deflate-frame', false],
])('a client that offers "%s" gets compressed messages: %s', async (offer, compressed) => {
  const { exchange } = await start('on');
  const client = await rawClient(offer);
  expect(/sec-websocket-extensions/i.test(client.answer)).toBe(offer.startsWith('permessage-deflate'));
  if (compressed) expect(client.answer).toMatch(/server_no_context_takeover/);
  exchange.price(BTC, LONG);
  const frame = (await client.next()) as WireFrame;
  expect([frame.reserved, contentOf(frame).includes(LONG)]).toEqual([compressed ? 4 : 0, true]);
});

it('a message is compressed once, however many get it, and not at all when nobody wants it so', async () => {
  const { exchange } = await start('on');
  const deflate = jest.spyOn(zlib, 'deflateRawSync');
  const plain = await rawClient('');
  exchange.price(BTC, LONG);
  await plain.next();
  expect(deflate).not.toHaveBeenCalled();
  const clients = await Promise.all(Array.from({ length: 10 }, () => rawClient('permessage-deflate')));
  // They begin with a snapshot, one for all.
  for (const client of clients) await client.next();
  expect(deflate).toHaveBeenCalledTimes(1);
  for (let i = 1; i <= 5; i++) exchange.price(BTC, LONG);
  for (const client of clients) for (let i = 1; i <= 5; i++) expect((await client.next())?.reserved).toBe(4);
  expect(deflate).toHaveBeenCalledTimes(6);
});
