import cluster, { type Worker } from 'node:cluster';
import { once } from 'node:events';
import { forking } from './forking';

describe('forking', () => {
  it('throws, and nothing else happens, when no process can be had', async () => {
    // A folder that does not exist fails like a machine without processes: Node tells it later, by an event.
    cluster.setupPrimary({ cwd: '/nowhere/at/all' });
    const before = Object.keys(cluster.workers ?? {});
    const fork = forking();
    expect(() => fork(1)).toThrow('no process could be forked');
    const [id] = Object.keys(cluster.workers ?? {}).filter((known) => !before.includes(known));
    const [error] = (await once(cluster.workers?.[id ?? ''] as Worker, 'error')) as [Error];
    expect(error.message).toContain('ENOENT');
  });
});
