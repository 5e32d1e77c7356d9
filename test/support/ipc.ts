import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import type { WriteTiming } from '../../src/pubsub/ipc/frame-writer';
import { IpcHost, type Hosted } from '../../src/pubsub/ipc/ipc-host';
import { IpcWire } from '../../src/pubsub/ipc/ipc-wire';

/** Writes at the end of the turn, without spacing. */
const EVERY_TURN: WriteTiming = {
  now: () => 0,
  endOfTurn: (task) => void setImmediate(task),
  after: (_, task) => void setImmediate(task),
};

/** Two real sockets that are connected with each other. */
export async function socketPair(): Promise<[Socket, Socket]> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const there = connect((server.address() as AddressInfo).port, '127.0.0.1');
  const [here] = (await once(server, 'connection')) as [Socket];
  server.close();
  return [here, there];
}

export function hostOf(pubsub: Hosted): IpcHost {
  const host = new IpcHost(pubsub, EVERY_TURN);
  host.start();
  return host;
}

export function wireOf(socket: Socket): IpcWire {
  return new IpcWire(socket, EVERY_TURN);
}
