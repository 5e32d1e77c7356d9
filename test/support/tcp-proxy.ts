import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { type Clock, systemClock } from '../../src/clock/clock';
import { type Manner, PLAIN, TcpPipe } from './tcp-pipe';

export type Direction = 'toServer' | 'toClient';

/** Both ways unless one is named. */
const BOTH: readonly Direction[] = ['toServer', 'toClient'];

interface Link {
  readonly client: Socket;
  readonly server: Socket;
  readonly pipes: Readonly<Record<Direction, TcpPipe>>;
}

export interface ProxyOptions {
  /** The port to listen on; 0: any free one. */
  readonly port?: number;
  readonly clock?: Clock;
}

/**
 * A TCP proxy on the loopback interface that does what networks do: it delays, cuts with RST, half-closes, holds everything back,
 * forgets connections without a word, and hands over one byte at a time; each direction by itself, now and for connections to come.
 */
export class TcpProxy {
  private readonly links = new Set<Link>();
  private readonly manners: Record<Direction, Manner> = { toServer: PLAIN, toClient: PLAIN };
  private refusing = false;

  private constructor(
    private readonly server: Server,
    private targetPort: number,
    private readonly clock: Clock,
  ) {
    server.on('connection', (client) => this.link(client));
  }

  /** @param targetPort where connections lead to, on this machine */
  static async start(targetPort: number, { port = 0, clock = systemClock }: ProxyOptions = {}): Promise<TcpProxy> {
    // A side that has finished may still be told things.
    const server = createServer({ allowHalfOpen: true, noDelay: true });
    const proxy = new TcpProxy(server, targetPort, clock);
    server.listen(port, '127.0.0.1');
    await once(server, 'listening');
    return proxy;
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  /** How many clients are connected. */
  get connections(): number {
    return [...this.links].filter(({ client }) => !client.destroyed).length;
  }

  /** Connections to come lead elsewhere. */
  retarget(port: number): void {
    this.targetPort = port;
  }

  /** Changes how bytes are treated, of these connections and of those to come. */
  treat(manner: Partial<Manner>, directions: readonly Direction[] = BOTH): void {
    for (const direction of directions) {
      this.manners[direction] = { ...this.manners[direction], ...manner };
      for (const { pipes } of this.links) pipes[direction].treat(this.manners[direction]);
    }
  }

  /** Ends every connection with RST. Returns how many. */
  reset(): number {
    const { size } = this.links;
    for (const link of [...this.links]) this.cut(link);
    return size;
  }

  /** The reader of this direction is told that nothing more comes; the other direction goes on. */
  halfClose(direction: Direction): void {
    for (const { pipes } of this.links) pipes[direction].end();
  }

  /** The connections of this moment are half-open from now on: nothing arrives, nothing closes. New ones are well. */
  forget(directions: readonly Direction[] = BOTH): void {
    for (const { pipes } of this.links) for (const direction of directions) pipes[direction].lose();
  }

  /** Both sides learn that forgotten connections are gone, as keepalive tells them after minutes. */
  bury(): void {
    for (const link of [...this.links]) if (Object.values(link.pipes).some(({ lost }) => lost)) this.cut(link);
  }

  /** New connections are reset at once until told otherwise. */
  refuse(refusing: boolean): void {
    this.refusing = refusing;
  }

  /** Everything is well again; what was forgotten stays so. */
  heal(): void {
    this.refusing = false;
    this.treat(PLAIN);
  }

  async stop(): Promise<void> {
    this.reset();
    const closed = once(this.server, 'close');
    this.server.close();
    await closed;
  }

  private link(client: Socket): void {
    client.on('error', () => undefined);
    if (this.refusing) {
      client.resetAndDestroy();
      return;
    }
    const server = connect({ port: this.targetPort, host: '127.0.0.1', allowHalfOpen: true, noDelay: true });
    server.on('error', () => undefined);
    const pipes = {
      toServer: new TcpPipe(client, server, this.manners.toServer, this.clock),
      toClient: new TcpPipe(server, client, this.manners.toClient, this.clock),
    };
    const link = { client, server, pipes };
    this.links.add(link);
    // After both ways have ended, or one side broke.
    for (const socket of [client, server]) {
      socket.on('close', (broken: boolean) => {
        if (broken) this.cut(link);
        else if (client.destroyed && server.destroyed) this.links.delete(link);
      });
    }
  }

  private cut(link: Link): void {
    if (!this.links.delete(link)) return;
    for (const pipe of Object.values(link.pipes)) pipe.stop();
    for (const socket of [link.client, link.server]) socket.resetAndDestroy();
  }
}
