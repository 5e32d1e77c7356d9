import { Envelope } from '../pubsub/envelope';
import type { Publication, Recovery } from '../pubsub/publication';
import type { StreamListener } from '../pubsub/pubsub';
import { accountStream } from '../streams/stream';
import { AccountIntake } from './account-intake';

const STREAM = accountStream('execution');

function publication(epoch: string, seq: number): Publication {
  const { name: stream, market, kind } = STREAM;
  return { stream, market, kind, epoch, seq, type: 'update', closed: false, received: 1, body: Buffer.from('{}') };
}

function gap(epoch: string, from: number, to: number): Publication {
  const body = new Envelope('mudrex', STREAM.name).gap({ epoch, seq: to }, 'history_exceeded', from);
  return { ...publication(epoch, to), type: 'gap', received: 0, body };
}

function setUp() {
  const heard: StreamListener[] = [];
  const taken: string[] = [];
  let found: Recovery = { epoch: 'a', seq: 1, publications: [], recovered: true };
  const pubsub = {
    subscribe: (_: string, listener: StreamListener) => void heard.push(listener),
    unsubscribe: () => undefined,
    recover: () => found,
  };
  const intake = new AccountIntake(STREAM, 'mudrex', pubsub, ({ epoch, seq, type }) => taken.push(`${type} ${epoch}:${seq}`));
  intake.listen();
  const hear = (one: Publication): void => heard.forEach((listener) => listener.publication(one));
  return { intake, taken, hear, find: (recovery: Recovery) => (found = recovery) };
}

describe('one stream of the account, as it is heard on duty', () => {
  it('passes over the notice that an epoch begins: who begins it tells what was missed', async () => {
    const { intake, taken, hear } = setUp();
    await intake.begin({ epoch: 'a', seq: 1 });
    hear(publication('a', 2));
    hear(gap('b', 0, 0));
    hear(publication('b', 1));
    expect(taken).toEqual(['update a:2', 'update b:1']);
    expect(intake.newest).toMatchObject({ epoch: 'b', seq: 1 });
    expect(intake.reached({ epoch: 'b', seq: 1 })).toBe(true);
  });

  it('does so before its place is known, and takes what came before and after it', async () => {
    const { intake, taken, hear, find } = setUp();
    hear(publication('a', 2));
    hear(gap('b', 0, 0));
    hear(publication('b', 1));
    find({ epoch: 'b', seq: 1, publications: [publication('b', 1)], recovered: true });
    await intake.begin({ epoch: 'a', seq: 1 });
    expect(taken).toEqual(['update a:2', 'update b:1']);
  });

  it('tells of numbers that nobody can fetch any more', async () => {
    const { intake, taken, hear } = setUp();
    await intake.begin({ epoch: 'a', seq: 1 });
    hear(gap('a', 2, 7));
    hear(publication('a', 8));
    expect(taken).toEqual(['gap a:7', 'update a:8']);
  });
});
