import { BrokerUnavailable } from '../../src/amqp/broker';
import { outgoing, seqOf } from '../support/outgoing-events';
import { BrokerSide, RabbitUser } from '../support/rabbit-side';
import { RabbitServer } from '../support/servers/rabbitmq';

/** A machine without RabbitMQ installs it first. */
const INSTALLATION_MS = 240_000;
const RESTART_MS = 60_000;

describe('events, while RabbitMQ', () => {
  let server: RabbitServer;
  let exchange = '';
  let tests = 0;
  const ends: (() => Promise<void>)[] = [];
  beforeAll(async () => (server = await RabbitServer.start()), INSTALLATION_MS);
  beforeEach(() => (exchange = `test-${++tests}`));
  afterEach(async () => {
    for (const end of ends.splice(0).reverse()) await end();
  });
  afterAll(() => server.stop());

  async function started(options: Partial<ConstructorParameters<typeof BrokerSide>[0]> = {}): Promise<BrokerSide> {
    const side = new BrokerSide({ url: server.url, exchange, ...options });
    ends.push(() => side.broker.stop());
    await side.broker.start();
    return side;
  }

  async function read(queue: string): Promise<string[]> {
    const user = await RabbitUser.connect(server.url);
    const messages = await user.read(`${exchange}.${queue}`);
    await user.close();
    return messages.map(({ id }) => id);
  }

  const order = (seq: number) => outgoing(seq, { eventType: 'order', topic: 'account.order' });
  const upTo = (last: number, from = 1) => Array.from({ length: last - from + 1 }, (_, i) => from + i);
  const firsts = (ids: readonly string[]) => [...new Set(ids)].map(seqOf);

  /** One who keeps account events until they are confirmed, and sends them again when they may not have arrived. */
  class Keeper {
    failures = 0;
    seq = 0;
    private stopped = false;
    private readonly done: Promise<void>;

    constructor(
      private readonly side: BrokerSide,
      private readonly batch: number,
    ) {
      this.done = this.run();
    }

    stop(): Promise<void> {
      this.stopped = true;
      return this.done;
    }

    private async run(): Promise<void> {
      while (!this.stopped) {
        const events = upTo(this.seq + this.batch, this.seq + 1).map(order);
        for (let taken = false; !taken;) {
          taken = await this.side.broker.deliver(events).then(
            () => true,
            (error: unknown) => {
              if (!(error instanceof BrokerUnavailable)) throw error;
              this.failures++;
              return false;
            },
          );
          if (!taken) await this.side.until(true);
        }
        this.seq += this.batch;
      }
    }
  }

  it(
    'is killed and comes back under load: those of the account are complete and in order, those of markets wait in a ring',
    async () => {
      const side = await started();
      const keeper = new Keeper(side, 20);
      let published = 0;
      const markets = setInterval(() => {
        for (let i = 0; i < 5; i++) side.broker.publish(outgoing(++published));
      }, 5);
      try {
        await side.untilConfirmed(1000);
        await server.process.kill();
        await side.until(false);
        // Where it is and what it says is for the log.
        expect(side.broker.report().reason).toMatch(/^(the connection was lost|nobody listens there)$/);
        expect(JSON.stringify(side.log.lines)).toMatch(/"detail":"127\.0\.0\.1:\d+: /);
        await server.process.restart();
        await side.until(true);
        await side.untilConfirmed(side.confirmed.length + 1000);
      } finally {
        clearInterval(markets);
        await keeper.stop();
      }
      await side.untilDifferent(published + keeper.seq);
      expect(keeper.failures).toBeGreaterThan(0);
      expect(side.broker.report()).toMatchObject({ dropped: 0, waiting: 0 });
      expect(firsts(await read('order'))).toEqual(upTo(keeper.seq));
      expect(firsts(await read('trade'))).toEqual(upTo(published));
    },
    RESTART_MS,
  );

  it(
    'is restarted: queues and what is in them outlive it, the ring keeps its bound, and account events are refused until it is back',
    async () => {
      const side = await started({ ringEvents: 100 });
      side.broker.wantQueues(new Map([['risk', new Set(['trade' as const])]]));
      for (const seq of upTo(10)) side.broker.publish(outgoing(seq, { services: ['risk'] }));
      await side.untilConfirmed(10);
      const restarted = server.process.restart();
      await side.until(false);
      for (const seq of upTo(150, 11)) side.broker.publish(outgoing(seq, { services: ['risk'] }));
      expect(side.broker.report()).toMatchObject({ waiting: 100, dropped: 40, available: false });
      await expect(side.broker.deliver([order(1)])).rejects.toThrow(BrokerUnavailable);
      await restarted;
      await side.until(true);
      await side.untilConfirmed(110);
      expect((await read('risk.trade')).map(seqOf)).toEqual([...upTo(10), ...upTo(150, 51)]);
      expect(side.log.lines.map(({ level, text }) => [level, text])).toEqual([
        ['info', 'events are sent'],
        ...side.log.lines.filter(({ level }) => level === 'warn').map(({ level, text }) => [level, text]),
        ['info', 'events are sent'],
      ]);
    },
    RESTART_MS,
  );

  it(
    'is frozen: that is noticed by its silence, and when it thaws all is sent',
    async () => {
      const side = await started({ heartbeatSeconds: 1 });
      ends.push(() => server.process.resume());
      await server.process.pause();
      const lost = side.broker.deliver([order(1)]);
      side.broker.publish(outgoing(1));
      await expect(lost).rejects.toThrow('no answer in time');
      expect(side.broker.report()).toMatchObject({ available: false, waiting: 1 });
      await server.process.resume();
      await side.until(true);
      await side.broker.deliver([order(1), order(2)]);
      await side.untilConfirmed(3);
      expect(firsts(await read('order'))).toEqual([1, 2]);
      expect(firsts(await read('trade'))).toEqual([1]);
    },
    RESTART_MS,
  );

  it(
    'is short of memory: what is published waits, that is said, and all is sent when it has some again',
    async () => {
      const side = await started();
      await server.control('set_vm_memory_high_watermark', '0');
      // It says so to those that publish.
      side.broker.publish(outgoing(1));
      await side.until(false);
      expect(side.broker.report()).toMatchObject({ blocked: true, reason: 'RabbitMQ takes no messages: low on memory' });
      for (const seq of upTo(5, 2)) side.broker.publish(outgoing(seq));
      expect(side.broker.report().waiting).toBe(4);
      await expect(side.broker.deliver([order(1)])).rejects.toThrow('low on memory');
      await server.control('set_vm_memory_high_watermark', '0.4');
      await side.until(true);
      expect(side.broker.report()).toMatchObject({ blocked: false, reason: '' });
      await side.broker.deliver([order(1)]);
      await side.untilConfirmed(6);
      expect(firsts(await read('trade'))).toEqual(upTo(5));
    },
    RESTART_MS,
  );

  it(
    'is away from the beginning: starting does not wait for it, and all is sent when it is there',
    async () => {
      await server.process.kill();
      const side = await started();
      expect(side.broker.report().available).toBe(false);
      side.broker.publish(outgoing(1));
      await server.process.restart();
      await side.until(true);
      await side.untilConfirmed(1);
      expect(firsts(await read('trade'))).toEqual([1]);
    },
    RESTART_MS,
  );

  it('is told good-bye: what is on its way is confirmed first', async () => {
    const side = await started();
    for (const seq of upTo(3000)) side.broker.publish(outgoing(seq));
    const delivered = side.broker.deliver(upTo(100).map(order));
    await side.broker.stop();
    await delivered;
    expect(side.confirmed).toHaveLength(3100);
    await expect(side.broker.deliver([order(1)])).rejects.toThrow('stopped');
    expect(firsts(await read('trade'))).toEqual(upTo(3000));
  });
});
