import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** The metrics port cannot be listened on. */
export class MetricsPortError extends Error {
  override readonly name = 'MetricsPortError';
  /** `EADDRINUSE`, `EACCES` …; empty when the system gave none. */
  readonly code: string;

  constructor(host: string, port: number, cause: Error) {
    const code = 'code' in cause && typeof cause.code === 'string' ? cause.code : '';
    const why = code === 'EADDRINUSE' ? 'something else listens there' : cause.message;
    super(`METRICS_PORT: cannot listen on ${host} port ${port}: ${why}. Choose another port, or 0 for a free one.`, { cause });
    this.code = code;
  }
}

interface Page {
  readonly contentType: string;
  metrics(): Promise<string>;
}

/** Serves `GET /metrics` on a port of its own, away from clients. */
export class MetricsServer {
  private server: Server | undefined;

  constructor(
    private readonly address: { readonly host: string; readonly port: number },
    private readonly page: () => Page,
    private readonly log: { error(fields: object, message: string): void },
  ) {}

  /** The port that is listened on. Throws when none is. */
  get port(): number {
    const address = this.server?.address() as AddressInfo | null | undefined;
    if (!address) throw new Error('the metrics server does not listen');
    return address.port;
  }

  /** Rejects with a {@link MetricsPortError} when the port cannot be had. */
  async start(): Promise<void> {
    const { host, port } = this.address;
    const page = this.page();
    const server = createServer((request, response) => void this.answer(page, request, response));
    await new Promise<void>((resolve, reject) => {
      const refused = (error: Error) => reject(new MetricsPortError(host, port, error));
      server.once('error', refused);
      server.listen(port, host, () => {
        server.off('error', refused);
        resolve();
      });
    });
    this.server = server;
  }

  /** Resolves when the port is free again; does nothing when it was never taken. */
  async stop(): Promise<void> {
    const { server } = this;
    this.server = undefined;
    if (!server) return;
    await new Promise<void>((resolve) => {
      server.close(() => resolve());
      // A scraper keeps its connection open for the next time.
      server.closeAllConnections();
    });
  }

  private async answer(page: Page, request: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = (request.url ?? '/').split('?', 1)[0];
    if (request.method !== 'GET' || path !== '/metrics') {
      refuse(response, 404, 'Only GET /metrics is served here.', 'NOT_FOUND');
      return;
    }
    try {
      const text = await page.metrics();
      response.writeHead(200, { 'Content-Type': page.contentType }).end(text);
    } catch (error) {
      this.log.error({ err: error }, 'the metrics page failed');
      refuse(response, 500, 'Internal error; try again.', 'INTERNAL_ERROR');
    }
  }
}

function refuse(response: ServerResponse, status: number, error: string, code: string): void {
  response.writeHead(status, { 'Content-Type': 'application/json' }).end(JSON.stringify({ error, code, details: null }));
}
