import type { Server } from 'node:net';

/**
 * Connections that the kernel may complete before we accept them, if its own bound (`net.core.somaxconn`) allows. Node's 511 overflow when
 * thousands come back at once, and who is turned away there tries again only after 1, 3 and 7 s.
 */
const BACKLOG = 4096;

/** Resolves when the server takes connections. Rejects with the system's error, such as EADDRINUSE. */
export function listen(server: Pick<Server, 'listen' | 'once' | 'off'>, port: number, host: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen({ port, host, backlog: BACKLOG }, () => {
      server.off('error', reject);
      resolve();
    });
  });
}
