import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { WebSocket } from 'ws';

const HEAD = '{"stream":"mudrex.futures.ticker.';

/** What a peer passes on: the arg that clients subscribe with, and the text they get. */
export function listenToFeed(message: (arg: string, text: string) => void): void {
  const socket = new WebSocket(`ws://127.0.0.1:${process.env['FEED_PORT'] ?? ''}/final`);
  socket.on('message', (data: Buffer) => {
    const text = data.toString();
    message(`ticker:${text.slice(HEAD.length, text.indexOf('"', HEAD.length))}`, text);
  });
  socket.on('close', () => process.exit(0));
  socket.on('error', () => process.exit(1));
}

export function tellPort(http: Server): void {
  console.log(JSON.stringify({ port: (http.address() as AddressInfo).port }));
}

/** Listens on a free port and tells it. */
export function serve(): Server {
  const http = createServer();
  http.listen(0, '127.0.0.1', () => tellPort(http));
  return http;
}

/** Who listens to what, as every tutorial keeps it. */
export class Rooms<Client> {
  private readonly rooms = new Map<string, Set<Client>>();

  join(args: readonly string[], client: Client): void {
    for (const arg of args) {
      const room = this.rooms.get(arg) ?? new Set();
      this.rooms.set(arg, room.add(client));
    }
  }

  leave(client: Client): void {
    for (const room of this.rooms.values()) room.delete(client);
  }

  of(arg: string): Iterable<Client> {
    return this.rooms.get(arg) ?? [];
  }
}
