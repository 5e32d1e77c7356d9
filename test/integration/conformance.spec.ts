import type { Settings } from '../../src/config/settings';
import { BTC, GatewayApp } from '../support/gateway-app';
import { clientFrame, contentOf, deflated, Opcode, RawClient } from '../support/raw-client';
import type { WireFrame } from '../support/read-frames';

const DEFLATE = 'permessage-deflate; server_no_context_takeover; client_no_context_takeover';

let gateway: GatewayApp;
const clients: RawClient[] = [];

async function start(settings: Partial<Settings> = {}): Promise<GatewayApp> {
  gateway = await GatewayApp.start({ conformanceEcho: true, maxPayloadBytes: 1_000_000, compression: 'on', ...settings });
  return gateway;
}

async function connect(path = '/conformance', extensions = ''): Promise<RawClient> {
  const client = await RawClient.connect(gateway.port, path, extensions);
  clients.push(client);
  return client;
}

afterEach(async () => {
  for (const { socket } of clients.splice(0)) socket.destroy();
  await gateway.stop();
});

function closeCode(frame: WireFrame | undefined): number {
  expect(frame?.opcode).toBe(Opcode.CLOSE);
  return frame?.payload.readUInt16BE(0) ?? 0;
}

describe('/conformance', () => {
  it('does not exist unless it is asked for', async () => {
    await start({ conformanceEcho: false });
    expect(await gateway.upgrade('/conformance')).toMatchObject({ status: 404, body: { code: 'NOT_FOUND' } });
  });

  it('admits no more than other doors do', async () => {
    await start({ maxClientsTotal: 1 });
    await gateway.client();
    expect(await gateway.upgrade('/conformance')).toMatchObject({ status: 503, body: { code: 'CONNECTION_LIMIT' } });
  });

  describe.each([
    ['without compression', ''],
    ['with compression', DEFLATE],
  ])('%s', (_, extensions) => {
    const compressed = extensions !== '';

    it.each([0, 1, 125, 126, 127, 65_535, 65_536, 300_000])(
      'sends %i bytes back in one unmasked frame of their kind, text or binary',
      async (size) => {
        await start();
        const client = await connect(undefined, extensions);
        for (const opcode of [Opcode.TEXT, Opcode.BINARY]) {
          const payload = Buffer.alloc(size, opcode === Opcode.TEXT ? 'tape' : Buffer.from([0, 255, 254]));
          if (compressed) client.write({ opcode, payload: deflated(payload), reserved: 4 });
          client.write({ opcode, payload });
          for (let i = compressed ? 0 : 1; i < 2; i++) {
            const frame = (await client.next()) as WireFrame;
            expect({ ...frame, payload: contentOf(frame).equals(payload) }).toEqual({
              fin: true,
              reserved: compressed ? 4 : 0,
              opcode,
              masked: false,
              payload: true,
            });
          }
        }
      },
    );

    it('puts fragments together, and answers pings between them at once and in order', async () => {
      await start();
      const client = await connect(undefined, extensions);
      const ping = Buffer.alloc(125, 'p');
      const { TEXT, CONTINUATION, PING, PONG } = Opcode;
      client.write(
        { opcode: TEXT, payload: 'one ', fin: false },
        { opcode: PING, payload: 'a' },
        { opcode: CONTINUATION, payload: '', fin: false },
        { opcode: PING, payload: ping },
        { opcode: CONTINUATION, payload: 'two', fin: true },
        { opcode: PING },
        { opcode: TEXT, payload: 'three' },
      );
      const frames = [];
      for (let i = 0; i < 5; i++) {
        const frame = (await client.next()) as WireFrame;
        frames.push([frame.opcode, contentOf(frame).toString()]);
      }
      expect(frames).toEqual([
        [PONG, 'a'],
        [PONG, ping.toString()],
        [TEXT, 'one two'],
        [PONG, ''],
        [TEXT, 'three'],
      ]);
    });

    it('answers what came before a close frame, then closes, and nothing follows', async () => {
      await start();
      const client = await connect(undefined, extensions);
      client.write(
        { opcode: Opcode.TEXT, payload: 'last words' },
        { opcode: Opcode.CLOSE, payload: Buffer.from([3, 232]) },
        { opcode: Opcode.TEXT, payload: 'too late' },
        { opcode: Opcode.PING },
      );
      const [answer, close, ...more] = await client.rest();
      expect(contentOf(answer as WireFrame).toString()).toBe('last words');
      expect([closeCode(close), more]).toEqual([1000, []]);
    });

    it.each([
      ['invalid UTF-8', 1007, [{ opcode: 1, payload: Buffer.from([0xce, 0xba, 0xff]) }]],
      ['UTF-8 that ends within a character', 1007, [{ opcode: 1, payload: Buffer.from([0xce]) }]],
      ['a reserved bit', 1002, [{ opcode: 1, payload: 'x', reserved: 2 }]],
      ['a reserved data opcode', 1002, [{ opcode: 3, payload: 'x' }]],
      ['a reserved control opcode', 1002, [{ opcode: 11 }]],
      ['a fragmented ping', 1002, [{ opcode: 9, fin: false }]],
      ['a ping of 126 bytes', 1002, [{ opcode: 9, payload: Buffer.alloc(126) }]],
      ['an unmasked frame', 1002, [{ opcode: 1, payload: 'x', masked: false }]],
      ['a continuation of nothing', 1002, [{ opcode: 0, payload: 'x' }]],
      [
        'a message within another',
        1002,
        [
          { opcode: 1, payload: 'x', fin: false },
          { opcode: 1, payload: 'y' },
        ],
      ],
      ['a close frame of one byte', 1002, [{ opcode: 8, payload: Buffer.from([3]) }]],
      ['a close code that may not be sent', 1002, [{ opcode: 8, payload: Buffer.from([3, 237]) }]],
      ['a message that is too big', 1009, [{ opcode: 2, payload: Buffer.alloc(1_000_001) }]],
    ])('ends the connection for %s with %i', async (_what, code, frames) => {
      await start();
      const client = await connect(undefined, extensions);
      client.write(...frames);
      const [close, ...more] = await client.rest();
      expect([closeCode(close), more]).toEqual([code, []]);
    });
  });

  it('ends the connection for a compressed message where none was agreed on with 1002, and for one that inflates to too much with 1009', async () => {
    await start();
    const plain = await connect();
    plain.write({ opcode: Opcode.TEXT, payload: deflated('x'), reserved: 4 });
    expect(closeCode(await plain.next())).toBe(1002);
    const client = await connect(undefined, DEFLATE);
    client.write({ opcode: Opcode.TEXT, payload: deflated('x'.repeat(1_000_001)), reserved: 4 });
    expect(closeCode(await client.next())).toBe(1009);
  });

  it('sends everything back, in order, to a client that writes much before it reads', async () => {
    await start();
    const client = await connect();
    client.socket.pause();
    const sizes = Array.from({ length: 60 }, (_, i) => i * 5000);
    for (const size of sizes) client.write({ opcode: Opcode.BINARY, payload: Buffer.alloc(size, size % 251) });
    client.socket.resume();
    for (const size of sizes) {
      const frame = await client.next();
      expect(frame?.payload.equals(Buffer.alloc(size, size % 251))).toBe(true);
    }
  });
});

describe('/ws', () => {
  it('answers pings of 125 bytes and fragmented requests in order while data flows, whole frames only', async () => {
    const { exchange } = await start();
    const client = await connect('/ws', DEFLATE);
    const ask = (id: number): void => {
      const text = JSON.stringify({ op: 'ping', id });
      client.write(
        { opcode: Opcode.TEXT, payload: text.slice(0, 5), fin: false },
        { opcode: Opcode.PING, payload: Buffer.alloc(125, String(id)) },
        { opcode: Opcode.CONTINUATION, payload: text.slice(5) },
      );
    };
    client.write({ opcode: Opcode.TEXT, payload: deflated('{"op":"subscribe","args":["ticker:BTCUSDT"]}'), reserved: 4 });
    expect(JSON.parse(contentOf((await client.next()) as WireFrame).toString())).toMatchObject({ success: true });
    const prices: string[] = [];
    const pongs: string[] = [];
    const replies: number[] = [];
    for (let id = 1; id <= 20; id++) {
      const price = String(id).repeat(id * 200);
      ask(id);
      exchange.price(BTC, price);
      while (replies.length < id || prices.length < id) {
        const frame = (await client.next()) as WireFrame;
        expect([frame.fin, frame.masked]).toEqual([true, false]);
        if (frame.opcode === Opcode.PONG) pongs.push(frame.payload.toString());
        else {
          expect(frame.opcode).toBe(Opcode.TEXT);
          const said = JSON.parse(contentOf(frame).toString()) as { id?: number; data?: { price: string } };
          if (said.data) prices.push(said.data.price);
          else replies.push(said.id ?? 0);
        }
      }
    }
    const ids = Array.from({ length: 20 }, (_, i) => i + 1);
    expect(replies).toEqual(ids);
    expect(prices).toEqual(ids.map((id) => String(id).repeat(id * 200)));
    expect(pongs).toEqual(ids.map((id) => Buffer.alloc(125, String(id)).toString()));
  });

  it.each([1000, 4999])('sends no data behind its close frame when a client closes in mid-stream with %i', async (code) => {
    const { exchange } = await start();
    const client = await connect('/ws');
    client.write({ opcode: Opcode.TEXT, payload: '{"op":"subscribe","args":["ticker:BTCUSDT"]}' });
    await client.next();
    for (let i = 0; i < 200; i++) exchange.price(BTC, String(i).repeat(300));
    client.write({ opcode: Opcode.CLOSE, payload: Buffer.from([code >> 8, code & 255]) });
    const publishing = setInterval(() => exchange.price(BTC, '1'), 0);
    const frames = await client.rest();
    clearInterval(publishing);
    expect(closeCode(frames.at(-1))).toBe(code);
    expect(frames.filter(({ opcode }) => opcode === Opcode.CLOSE).length).toBe(1);
    expect(frames.length).toBeGreaterThanOrEqual(200);
  });

  it('sends no data behind its own close frame, whatever is published', async () => {
    const { exchange, sessions } = await start();
    const client = await connect('/ws');
    client.write({ opcode: Opcode.TEXT, payload: '{"op":"subscribe","args":["ticker:BTCUSDT"]}' });
    await client.next();
    exchange.price(BTC, '1');
    const drained = sessions.drain(60_000);
    exchange.price(BTC, '2');
    const [data, close] = [await client.next(), await client.next()];
    expect(JSON.parse(contentOf(data as WireFrame).toString())).toMatchObject({ data: { price: '1' } });
    expect(closeCode(close)).toBe(1001);
    client.write({ opcode: Opcode.CLOSE, payload: Buffer.from([3, 233]) });
    expect(await client.rest()).toEqual([]);
    await drained;
  });

  it('answers every ping of a burst', async () => {
    await start();
    const client = await connect('/ws');
    for (let i = 0; i < 500; i++) client.write({ opcode: Opcode.PING, payload: String(i) });
    for (let i = 0; i < 500; i++) expect((await client.next())?.payload.toString()).toBe(String(i));
  });

  it('closes a client that pings without end and reads nothing, before its pongs fill our memory', async () => {
    const { sessions, slow } = await start({ clientQueueBytes: 100_000 });
    const client = await connect('/ws');
    client.socket.pause();
    const pings = Buffer.concat(
      Array.from({ length: 500 }, () => clientFrame({ opcode: Opcode.PING, payload: Buffer.alloc(125) })),
    );
    const [session] = sessions.all();
    let most = 0;
    while (session && !session.closing) {
      client.socket.write(pings);
      most = Math.max(most, session.queued);
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(slow).toEqual(['c1 slow']);
    expect(most).toBeLessThan(300_000);
  });
});
