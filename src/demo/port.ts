import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';

/** The port itself when nobody listens on it, a free one for 0, undefined when it is taken. */
export async function freePort(port: number): Promise<number | undefined> {
  const server = createServer();
  try {
    server.listen(port);
    await once(server, 'listening');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EADDRINUSE') return undefined;
    throw error;
  }
  const found = (server.address() as AddressInfo).port;
  server.close();
  await once(server, 'close');
  return found;
}
