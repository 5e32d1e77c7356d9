import { PassThrough } from 'node:stream';
import { ManualClock } from '../../test/support/manual-clock';
import { settled } from '../../test/support/settled';
import { Crew, type Forked } from './crew';

/** A worker as the primary sees it; the test says what it does. */
class FakeWorker implements Forked {
  readonly pid: number;
  readonly socket = new PassThrough();
  readonly heard: { readonly ask: string; readonly id?: number }[] = [];
  killed = false;
  askedToEnd = false;
  hear: (message: unknown) => void = () => undefined;
  exit: (why: string) => void = () => undefined;

  constructor(readonly number: number) {
    this.pid = 1000 + number;
  }

  send(message: object): void {
    this.heard.push(message as { ask: string });
  }

  onMessage(hear: (message: unknown) => void): void {
    this.hear = hear;
  }

  onExit(ended: (why: string) => void): void {
    this.exit = ended;
  }

  end(): void {
    this.askedToEnd = true;
  }

  kill(): void {
    this.killed = true;
    this.exit('SIGKILL');
  }

  ready(): void {
    this.hear({ ask: 'ready', argument: 8000 });
  }

  answer(what: string, answer: unknown): void {
    const question = this.heard.findLast(({ ask }) => ask === what);
    this.hear({ answered: question?.id, answer });
  }
}

function crewOf(size: number) {
  const clock = new ManualClock();
  const forked: FakeWorker[] = [];
  const served: unknown[] = [];
  const logged: object[] = [];
  const crew = new Crew(size, {
    fork: (number) => {
      if (made.exhausted) throw new Error('no process could be forked');
      const worker = new FakeWorker(number);
      forked.push(worker);
      return worker;
    },
    serve: (socket) => served.push(socket),
    handlers: {},
    clock,
    log: { info: () => undefined, warn: (fields) => void logged.push(fields) },
  });
  const made = { crew, clock, forked, served, logged, exhausted: false };
  return made;
}

async function startedCrew(size: number) {
  const made = crewOf(size);
  const port = made.crew.start();
  for (const worker of made.forked) worker.ready();
  await settled();
  expect(await port).toBe(8000);
  return made;
}

describe('Crew', () => {
  it('has started when every worker takes clients', async () => {
    const { crew, forked, served } = crewOf(3);
    let started = false;
    const port = crew.start().then(() => (started = true));
    expect(forked.map(({ number }) => number)).toEqual([1, 2, 3]);
    expect(served).toEqual(forked.map(({ socket }) => socket));
    forked[0]?.ready();
    forked[2]?.ready();
    await settled();
    expect(started).toBe(false);
    forked[1]?.ready();
    await port;
    expect(crew.running).toBe(3);
  });

  it.each([
    [
      'says why it cannot',
      (worker: FakeWorker) => worker.hear({ ask: 'failed', argument: 'the port is taken' }),
      'the port is taken',
    ],
    ['ends', (worker: FakeWorker) => worker.exit('code 1'), 'worker 2 ended with code 1 before it took clients'],
  ])('does not start, and leaves nobody behind, when a worker %s', async (_, happen, message) => {
    const { crew, forked } = crewOf(2);
    const started = crew.start();
    started.catch(() => undefined);
    forked[0]?.ready();
    happen(forked[1] as FakeWorker);
    await settled();
    for (const worker of forked) worker.exit('code 0');
    await expect(started).rejects.toThrow(message);
    expect(crew.running).toBe(0);
    expect(forked).toHaveLength(2);
  });

  it('replaces a worker that lived for a while at once, and one that keeps ending ever later', async () => {
    const { clock, forked, logged } = await startedCrew(2);
    clock.advance(10_000);
    forked[0]?.exit('SIGKILL');
    clock.advance(0);
    expect(forked.map(({ number }) => number)).toEqual([1, 2, 1]);
    for (const wait of [250, 500, 1000, 2000, 4000, 8000, 10_000, 10_000]) {
      forked.at(-1)?.exit('code 1');
      const before = forked.length;
      clock.advance(wait - 1);
      expect(forked).toHaveLength(before);
      clock.advance(1);
      expect(forked).toHaveLength(before + 1);
    }
    expect(logged[0]).toEqual({ worker: 1, workerPid: 1001, why: 'SIGKILL', inMs: 0 });
    forked.at(-1)?.ready();
    clock.advance(10_000);
    forked.at(-1)?.exit('SIGKILL');
    clock.advance(0);
    expect(logged.at(-1)).toMatchObject({ inMs: 0 });
  });

  it('gathers what workers answer and names those that are silent or gone', async () => {
    const { crew, clock, forked } = await startedCrew(3);
    const asked = crew.askAll<number>('figures', 1000);
    forked[0]?.answer('figures', 7);
    forked[2]?.exit('SIGKILL');
    clock.advance(1000);
    expect(await asked).toEqual({ answers: [7], silent: [2, 3] });
  });

  it('counts a worker that does not take clients yet as silent', async () => {
    const { crew, clock, forked } = await startedCrew(2);
    forked[1]?.exit('SIGKILL');
    clock.advance(250);
    const asked = crew.askAll<number>('figures', 1000);
    forked[0]?.answer('figures', 1);
    forked[2]?.answer('figures', undefined);
    expect(await asked).toEqual({ answers: [1], silent: [2] });
  });

  it('stops when all workers have ended, and kills those that do not', async () => {
    const { crew, clock, forked } = await startedCrew(2);
    let stopped = false;
    const stop = crew.stop(3000).then(() => (stopped = true));
    expect(forked.map(({ heard }) => heard.at(-1)?.ask)).toEqual(['stop', 'stop']);
    forked[0]?.exit('code 0');
    await settled();
    expect(stopped).toBe(false);
    clock.advance(3000);
    await stop;
    expect(forked.map(({ killed }) => killed)).toEqual([false, true]);
    clock.advance(60_000);
    expect(forked).toHaveLength(2);
  });

  it('begins no replacement after it was told to stop', async () => {
    const { crew, clock, forked } = await startedCrew(1);
    forked[0]?.exit('code 1');
    await crew.stop(1000);
    clock.advance(60_000);
    expect(forked).toHaveLength(1);
  });

  it('asks a worker that is still beginning to end too, and does not count on it any more when it is ready', async () => {
    const { crew, clock, forked } = await startedCrew(2);
    forked[1]?.exit('SIGKILL');
    clock.advance(250);
    const stop = crew.stop(3000);
    expect(forked.map(({ askedToEnd }) => askedToEnd)).toEqual([false, false, true]);
    const told = forked[2]?.heard.length;
    forked[2]?.ready();
    expect(forked[2]?.heard).toHaveLength(told ?? -1);
    forked[0]?.exit('code 0');
    forked[2]?.exit('code 0');
    await stop;
    expect(forked.map(({ killed }) => killed)).toEqual([false, false, false]);
  });

  it('tries again, ever later, when the machine has no process to give', async () => {
    const made = await startedCrew(1);
    const { clock, forked, logged } = made;
    made.exhausted = true;
    forked[0]?.exit('SIGKILL');
    clock.advance(250 + 500);
    expect(logged.slice(1)).toEqual([
      { worker: 1, why: 'no process could be forked', inMs: 500 },
      { worker: 1, why: 'no process could be forked', inMs: 1000 },
    ]);
    made.exhausted = false;
    clock.advance(1000);
    expect(forked).toHaveLength(2);
  });

  it('does not start when the machine has no process to give', async () => {
    const made = crewOf(2);
    made.exhausted = true;
    await expect(made.crew.start()).rejects.toThrow('worker 1 ended with no process could be forked');
  });

  it('kills and replaces a worker that does not answer for 10 s, not those that do', async () => {
    const { crew, clock, forked, logged } = await startedCrew(2);
    for (let second = 0; second < 11; second++) {
      expect(crew.silenced).toBe(0);
      forked[0]?.answer('alive', true);
      await settled();
      clock.advance(1000);
      await settled();
    }
    expect(forked.map(({ killed }) => killed)).toEqual([false, true]);
    expect(crew.silenced).toBe(1);
    expect(logged).toEqual([
      { worker: 2, workerPid: 1002 },
      { worker: 2, workerPid: 1002, why: 'SIGKILL', inMs: 0 },
    ]);
    clock.advance(0);
    expect(forked.map(({ number }) => number)).toEqual([1, 2, 2]);
  });

  it('spares a worker whose answers could not be read in time because this process stood still', async () => {
    const { crew, clock, forked } = await startedCrew(1);
    clock.advance(10_000);
    await settled();
    forked[0]?.answer('alive', true);
    await settled();
    clock.advance(1000);
    await settled();
    expect(crew.silenced).toBe(0);
    expect(forked[0]?.heard.filter(({ ask }) => ask === 'alive')).toHaveLength(3);
  });
});
