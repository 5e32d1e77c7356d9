import { once } from 'node:events';
import { createServer } from 'node:net';

/** Below what systems give to outgoing connections, or one of those could have a port whose program is just dead. */
const FIRST = 12_000;
const COUNT = 16_000;
const MOST_TRIES = 100;

/** A port that nobody listens on, and that stays free while the program that had it is being started again. */
export async function quietPort(): Promise<number> {
  for (let i = 0; i < MOST_TRIES; i++) {
    const port = FIRST + Math.floor(Math.random() * COUNT);
    const server = createServer();
    try {
      server.listen(port, '127.0.0.1');
      await once(server, 'listening');
    } catch {
      continue;
    }
    await once(server.close(), 'close');
    return port;
  }
  throw new Error(`no free port from ${FIRST} to ${FIRST + COUNT}`);
}
