import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { createHash } from 'node:crypto';
import WebSocket from 'ws';
import { OutFrame } from './out-frame';

const SIZES = [0, 1, 125, 126, 127, 65_535, 65_536, 200_000];

function textOf(size: number): string {
  return 'tape'.repeat(Math.ceil(size / 4)).slice(0, size);
}

describe('OutFrame', () => {
  it.each([
    [0, '8100'],
    [125, '817d'],
    [126, '817e007e'],
    [65_535, '817effff'],
    [65_536, '817f0000000000010000'],
  ])('of %i bytes begins with %s and goes on with the text', (size, head) => {
    const { bytes } = OutFrame.data(Buffer.from(textOf(size)), 'ticker', 1);
    expect(bytes.subarray(0, head.length / 2).toString('hex')).toBe(head);
    expect(bytes.subarray(head.length / 2).toString()).toBe(textOf(size));
  });

  it("holds a control message's JSON in UTF-8 and counts bytes, not characters", () => {
    const { bytes, kind, received } = OutFrame.control({ message: '—'.repeat(42) });
    expect(bytes.subarray(0, 4).toString('hex')).toBe('817e008c');
    expect(JSON.parse(bytes.subarray(4).toString())).toEqual({ message: '—'.repeat(42) });
    expect([kind, received]).toEqual(['control', 0]);
  });

  it('of every size class is read by a WebSocket client, all in one write', async () => {
    const server = createServer((socket) => {
      socket.once('data', (request: Buffer) => {
        const key = /sec-websocket-key: (.*)\r\n/i.exec(request.toString())?.[1] ?? '';
        const accept = createHash('sha1').update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest('base64');
        const head = `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`;
        const frames = SIZES.map((size) => OutFrame.data(Buffer.from(textOf(size)), 'trade', 1).bytes);
        socket.write(Buffer.concat([Buffer.from(head), ...frames]));
      });
      socket.on('error', () => undefined);
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const client = new WebSocket(`ws://127.0.0.1:${(server.address() as AddressInfo).port}`);
    const texts: string[] = [];
    await new Promise<void>((resolve, reject) => {
      client.on('error', reject);
      client.on('message', (data: Buffer, binary) => {
        expect(binary).toBe(false);
        if (texts.push(data.toString()) === SIZES.length) resolve();
      });
    });
    client.terminate();
    server.close();
    await once(server, 'close');
    expect(texts).toEqual(SIZES.map(textOf));
  });
});
