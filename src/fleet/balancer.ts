import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import type { Clock, Timer } from '../clock/clock';

/** How often each backend is asked whether it takes clients. */
const PROBE_EVERY_MS = 500;
/** A backend that has not accepted by then is passed over. */
const CONNECT_LIMIT_MS = 1000;

interface Backend {
  readonly port: number;
  /** Connections that it has now. */
  readonly open: Set<Socket>;
  healthy: boolean;
}

export interface BalancerOptions {
  /** The port to listen on; 0: any free one. */
  readonly port: number;
  readonly backends: readonly number[];
  /** Whether the program behind a port takes clients. Must not reject and must not take for ever. */
  readonly probe: (port: number) => Promise<boolean>;
  readonly clock: Clock;
}

/**
 * Spreads TCP connections over programs on this machine: each goes to the healthy one that has fewest, and to the next when that one
 * does not accept. It reads nothing of what passes, so nothing sticks to anybody.
 */
export class Balancer {
  private readonly backends: readonly Backend[];
  private timer: Timer | undefined;

  private constructor(
    private readonly server: Server,
    private readonly options: BalancerOptions,
  ) {
    this.backends = options.backends.map((port) => ({ port, open: new Set(), healthy: true }));
    server.on('connection', (client) => void this.lead(client));
  }

  /** Rejects when the port is taken. */
  static async start(options: BalancerOptions): Promise<Balancer> {
    const server = createServer({ allowHalfOpen: true, noDelay: true, pauseOnConnect: true });
    const balancer = new Balancer(server, options);
    server.listen(options.port);
    await once(server, 'listening');
    await balancer.probe();
    balancer.timer = options.clock.every(PROBE_EVERY_MS, () => void balancer.probe());
    return balancer;
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  /** Connections by backend, in the order given. */
  get loads(): number[] {
    return this.backends.map(({ open }) => open.size);
  }

  /** Asks every backend now. */
  async probe(): Promise<void> {
    await Promise.all(this.backends.map(async (backend) => (backend.healthy = await this.options.probe(backend.port))));
  }

  /** Ends every connection. */
  async stop(): Promise<void> {
    this.timer?.cancel();
    for (const { open } of this.backends) for (const client of open) client.destroy();
    const closed = once(this.server, 'close');
    this.server.close();
    await closed;
  }

  private async lead(client: Socket): Promise<void> {
    client.on('error', () => undefined);
    const passed = new Set<Backend>();
    for (let backend = this.next(passed); backend; backend = this.next(passed)) {
      passed.add(backend);
      // Counted from the first moment, or a crowd that comes at once would go to one.
      backend.open.add(client);
      const server = await accepted(backend.port);
      if (server && !client.destroyed) {
        join(client, server);
        const { open } = backend;
        client.once('close', () => open.delete(client));
        return;
      }
      server?.destroy();
      backend.open.delete(client);
    }
    client.resetAndDestroy();
  }

  /** Of the healthy ones the one with fewest connections; when none is healthy, any: it may have recovered. */
  private next(passed: ReadonlySet<Backend>): Backend | undefined {
    const left = this.backends.filter((backend) => !passed.has(backend));
    const healthy = left.filter((backend) => backend.healthy);
    return (healthy.length > 0 ? healthy : left).sort((a, b) => a.open.size - b.open.size)[0];
  }
}

/** A connection to the port; undefined when nobody accepts it in time. */
function accepted(port: number): Promise<Socket | undefined> {
  return new Promise((resolve) => {
    const server = connect({ port, host: '127.0.0.1', allowHalfOpen: true, noDelay: true });
    const give = (result: Socket | undefined): void => {
      clearTimeout(limit);
      if (!result) server.destroy();
      resolve(result);
    };
    const limit = setTimeout(() => give(undefined), CONNECT_LIMIT_MS);
    server.once('connect', () => give(server));
    server.on('error', () => give(undefined));
  });
}

/** What one side says goes to the other; when one breaks, the other is reset too. */
function join(client: Socket, server: Socket): void {
  client.pipe(server);
  server.pipe(client);
  client.on('close', (broken) => (broken || !client.readableEnded ? server.resetAndDestroy() : undefined));
  server.on('close', (broken) => (broken || !server.readableEnded ? client.resetAndDestroy() : undefined));
}
