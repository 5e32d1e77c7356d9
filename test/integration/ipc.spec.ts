import { once } from 'node:events';
import type { Socket } from 'node:net';
import { InProcessPubSub } from '../../src/pubsub/in-process';
import type { Publication } from '../../src/pubsub/publication';
import type { StreamListener } from '../../src/pubsub/pubsub';
import { Tailing } from '../../src/pubsub/tailing';
import { eventually } from '../support/eventually';
import { hostOf, socketPair, wireOf } from '../support/ipc';
import { publication, snapshotAt } from '../support/publications';

const A = 'futures.ticker.AUSDT';
const MIB = 1024 * 1024;

/** A publishing process with a worker at each end of a socket pair. */
async function withWorkers(count: number) {
  const published = new InProcessPubSub(8);
  const host = hostOf(published);
  const workers: { here: Socket; there: Socket; heard: Tailing; places: string[]; listener: StreamListener }[] = [];
  for (let i = 0; i < count; i++) {
    const [here, there] = await socketPair();
    host.serve(here);
    const heard = new Tailing(wireOf(there), 'mudrex');
    heard.start();
    const places: string[] = [];
    const listener: StreamListener = {
      publication: ({ epoch, seq, type }: Publication) => void places.push(`${type} ${epoch}:${seq}`),
      status: () => undefined,
    };
    workers.push({ here, there, heard, places, listener });
  }
  const stop = async () => {
    const closed = workers.filter(({ here }) => !here.destroyed).map(({ here }) => once(here, 'close'));
    for (const { there } of workers) there.destroy();
    await Promise.all(closed);
  };
  return { published, host, workers, stop };
}

function publish(pubsub: InProcessPubSub, seq: number, bytes = 10): void {
  const step = { ...publication(A, 'e1', seq), body: Buffer.alloc(bytes, ' ') };
  pubsub.publish(step, snapshotAt(step));
}

describe('workers that listen to one process', () => {
  it('make one demand, which ends when the last of them is gone without a word', async () => {
    const { published, workers, stop } = await withWorkers(2);
    const changes: string[] = [];
    published.onDemand((stream, wanted) => changes.push(`${stream} ${wanted}`));
    for (const { heard, listener } of workers) heard.subscribe(A, listener);
    await eventually(() => changes.length > 0);
    const [first, second] = workers;
    first?.there.destroy();
    if (first) await once(first.here, 'close');
    expect(changes).toEqual([`${A} true`]);
    published.open(A, 'e1');
    publish(published, 1);
    await eventually(() => second?.places.length === 1);
    await stop();
    expect(changes).toEqual([`${A} true`, `${A} false`]);
  });

  it('lose what one of them is too slow for, while the other gets all; the slow one goes on with the newest state', async () => {
    const { published, host, workers, stop } = await withWorkers(2);
    const [quick, slow] = workers;
    for (const { heard, listener } of workers) heard.subscribe(A, listener);
    await eventually(() => published.wanted()[Symbol.iterator]().next().done === false);
    published.open(A, 'e1');
    publish(published, 1);
    await eventually(() => workers.every(({ places }) => places.length === 1));
    slow?.there.pause();
    for (let seq = 2; seq <= 60; seq++) {
      publish(published, seq, MIB);
      await eventually(() => quick?.places.at(-1) === `update e1:${seq}`);
      expect(slow?.here.writableLength).toBeLessThan(17 * MIB);
    }
    slow?.there.resume();
    await eventually(() => slow?.places.at(-1)?.endsWith('e1:60') === true);
    expect(quick?.places).toEqual(Array.from({ length: 60 }, (_, i) => `update e1:${i + 1}`));
    expect(slow?.places).toContainEqual(expect.stringMatching(/^snapshot e1:/));
    expect(host.dropped).toBeGreaterThan(0);
    publish(published, 61);
    await eventually(() => slow?.places.at(-1) === 'update e1:61');
    await stop();
  });

  it('are told that nothing can be had any more when the process with the upstream is gone', async () => {
    const { workers, stop } = await withWorkers(1);
    const [worker] = workers;
    const asked = worker?.heard.recover(A);
    worker?.here.destroy();
    await expect(asked).rejects.toThrow('the path to the process with the upstream is broken');
    await expect(Promise.resolve(worker?.heard.recover(A))).rejects.toThrow('broken');
    await stop();
  });
});
