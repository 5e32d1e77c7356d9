import { createServer, type ListenOptions, type Server } from 'node:net';
import { listen } from './listen';

describe('listening for clients', () => {
  it('asks the kernel to hold more connections than Node does by default', async () => {
    const asked: ListenOptions[] = [];
    const server = {
      once: () => server,
      off: () => server,
      listen: (options: ListenOptions, done: () => void) => {
        asked.push(options);
        done();
        return server;
      },
    } as unknown as Server;
    await listen(server, 8000, '0.0.0.0');
    expect(asked).toEqual([{ port: 8000, host: '0.0.0.0', backlog: 4096 }]);
  });

  it('tells that the port is taken', async () => {
    const [first, second] = [createServer(), createServer()];
    await listen(first, 0, '127.0.0.1');
    const { port } = first.address() as { port: number };
    await expect(listen(second, port, '127.0.0.1')).rejects.toMatchObject({ code: 'EADDRINUSE' });
    await new Promise((resolve) => first.close(resolve));
  });
});
