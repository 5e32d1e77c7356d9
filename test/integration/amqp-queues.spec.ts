import { EVENT_TYPES, type EventType } from '../../src/streams/event-type';
import { eventually } from '../support/eventually';
import { outgoing, seqOf } from '../support/outgoing-events';
import { BrokerSide, RabbitUser } from '../support/rabbit-side';
import { sharedRabbit, type SharedRabbit } from '../support/servers/rabbitmq';

/** A machine without RabbitMQ installs it first. */
const INSTALLATION_MS = 240_000;
const OURS = { durable: true, messageTtl: 86_400_000, maxLength: 100_000, overflow: 'drop-head' };

describe('the queues in RabbitMQ', () => {
  let rabbit: SharedRabbit;
  let user: RabbitUser;
  let exchange = '';
  let tests = 0;
  let sides: BrokerSide[] = [];
  const queues = new Set<string>();

  beforeAll(async () => {
    rabbit = await sharedRabbit();
    user = await RabbitUser.connect(rabbit.url);
  }, INSTALLATION_MS);
  beforeEach(() => (exchange = `${rabbit.prefix}-${++tests}`));
  afterEach(async () => {
    for (const { broker } of sides) {
      for (const { queue } of broker.report().queues) queues.add(queue);
      await broker.stop();
    }
    sides = [];
    for (const queue of queues) await user.channel.deleteQueue(queue);
    queues.clear();
    await user.channel.deleteExchange(exchange);
  });
  afterAll(async () => {
    await user.close();
    await rabbit.stop();
  });

  async function started(options: Partial<ConstructorParameters<typeof BrokerSide>[0]> = {}): Promise<BrokerSide> {
    const side = new BrokerSide({ url: rabbit.url, exchange, ...options });
    sides.push(side);
    await side.broker.start();
    return side;
  }

  const name = (rest: string) => `${exchange}.${rest}`;
  const wanted = (services: Record<string, EventType[]>) =>
    new Map(Object.entries(services).map(([service, types]) => [service, new Set(types)]));
  const read = async (queue: string) => (await user.read(name(queue))).map(({ id }) => seqOf(id));

  it('are one for each class of events, durable and with the arguments asked for', async () => {
    const side = await started();
    expect(side.broker.report()).toMatchObject({ available: true, reason: '', blocked: false });
    for (const type of EVENT_TYPES) expect(await user.declares(name(type), OURS)).toBe(true);
    expect(await user.declares(name('trade'), { ...OURS, maxLength: 99 })).toBe(false);
    expect(side.broker.report().queues.map(({ queue }) => queue)).toEqual(EVENT_TYPES.map(name));
  });

  it('give every service all that it asked for, and nothing that another one did', async () => {
    const side = await started();
    side.broker.wantQueues(wanted({ billing: ['trade', 'kline'], risk: ['trade'], bots: ['kline'] }));
    const kline = (seq: number, interval: string) =>
      outgoing(seq, {
        eventType: 'kline',
        routingKey: 'kline.futures.BTCUSDT',
        topic: `futures.kline.${interval}.BTCUSDT`,
        services: [interval === '1m' ? 'billing' : 'bots'],
      });
    side.broker.publish(outgoing(1, { services: ['billing', 'risk'] }));
    side.broker.publish(outgoing(2, { services: ['risk'] }));
    side.broker.publish(kline(3, '1m'));
    side.broker.publish(kline(4, '1h'));
    await side.broker.deliver([outgoing(5, { eventType: 'order', services: [] })]);
    await side.untilConfirmed(5);
    expect(await read('trade')).toEqual([1, 2]);
    expect(await read('kline')).toEqual([3, 4]);
    expect(await read('order')).toEqual([5]);
    expect(await read('billing.trade')).toEqual([1]);
    expect(await read('billing.kline')).toEqual([3]);
    expect(await read('risk.trade')).toEqual([1, 2]);
    expect(await read('bots.kline')).toEqual([4]);
  });

  it('hold messages that outlive the broker and say what they are', async () => {
    const side = await started();
    side.broker.wantQueues(wanted({ risk: ['trade'] }));
    side.broker.publish(outgoing(1, { services: ['risk'] }));
    await side.untilConfirmed(1);
    const [message] = await user.read(name('risk.trade'));
    expect(message).toMatchObject({ id: 'futures.trade.BTCUSDT:e1:1', routingKey: 'trade.futures.BTCUSDT', body: '{"seq":1}' });
    const { deliveryMode, contentType, headers, timestamp } = message?.properties ?? {};
    expect([deliveryMode, contentType]).toEqual([2, 'application/json']);
    // Nobody learns who else asked for it.
    expect(headers).toEqual({ event_type: 'trade', topic: 'futures.trade.BTCUSDT', trace_id: outgoing(1).traceId });
    expect(Math.abs(Number(timestamp) - Date.now() / 1000)).toBeLessThan(60);
  });

  it('are there before the first event for a service that has just asked', async () => {
    const side = await started();
    const services = new Map<string, Set<EventType>>();
    for (let seq = 1; seq <= 20; seq++) {
      services.set(`service${seq}`, new Set(['ticker']));
      side.broker.wantQueues(services);
      side.broker.publish(outgoing(seq, { eventType: 'ticker', services: [`service${seq}`] }));
    }
    await side.untilConfirmed(20);
    for (let seq = 1; seq <= 20; seq++) expect(await read(`service${seq}.ticker`)).toEqual([seq]);
  });

  it('stay, with what is in them, when no service asks for them any more', async () => {
    const side = await started();
    side.broker.wantQueues(wanted({ risk: ['trade'] }));
    side.broker.publish(outgoing(1, { services: ['risk'] }));
    await side.untilConfirmed(1);
    side.broker.wantQueues(new Map());
    queues.add(name('risk.trade'));
    expect(side.queue(name('risk.trade'))).toBeUndefined();
    expect(await read('risk.trade')).toEqual([1]);
  });

  it('stop nothing and are named when one is there with other arguments, until it is gone', async () => {
    await user.channel.assertQueue(name('trade'), { ...OURS, maxLength: 5 });
    await user.channel.assertQueue(name('risk.order'), { durable: true });
    const side = await started();
    side.broker.wantQueues(wanted({ risk: ['order'] }));
    side.broker.publish(outgoing(1));
    await side.broker.deliver([outgoing(2, { eventType: 'order', services: ['risk'] })]);
    await side.untilConfirmed(2);
    expect(side.broker.report().available).toBe(true);
    expect([await read('trade'), await read('order'), await read('risk.order')]).toEqual([[1], [2], [2]]);
    expect(side.log.lines.filter(({ level }) => level === 'warn')).toMatchObject([
      { text: 'queue_other_arguments', fields: { queue: name('trade') } },
      { text: 'queue_other_arguments', fields: { queue: name('risk.order') } },
    ]);
    const others = side.broker.report().queues.filter(({ alarms }) => alarms.length > 0);
    expect(others.map(({ queue, alarms }) => [queue, alarms])).toEqual([
      [name('trade'), ['other_arguments']],
      [name('risk.order'), ['other_arguments']],
    ]);
    await user.channel.deleteQueue(name('trade'));
    await side.untilQueue(name('trade'), (report) => report?.alarms.length === 0);
    expect(await user.declares(name('trade'), OURS)).toBe(true);
    expect(side.log.texts).toContain('queue_other_arguments_over');
    side.broker.publish(outgoing(3));
    await side.untilConfirmed(3);
    expect(await read('trade')).toEqual([3]);
  });

  it('are found to have other arguments, or no binding any more, while all goes on', async () => {
    const side = await started();
    await user.channel.deleteQueue(name('trade'));
    await user.channel.assertQueue(name('trade'), { ...OURS, messageTtl: 1000 });
    await user.channel.unbindQueue(name('order'), exchange, 'order.#');
    // A look that is due while another one is under way is not made up for.
    await eventually(() => {
      side.clock.step(5000);
      return side.queue(name('trade'))?.alarms[0] === 'other_arguments';
    });
    await side.broker.deliver([outgoing(1, { eventType: 'order' })]);
    await eventually(async () => {
      if ((await read('order'))[0] === 1) return true;
      side.clock.step(5000);
      await side.broker.deliver([outgoing(1, { eventType: 'order' })]);
      return false;
    });
    expect(side.broker.report().available).toBe(true);
  });

  it('are declared again when somebody has deleted one', async () => {
    const side = await started();
    side.broker.wantQueues(wanted({ risk: ['trade'] }));
    await eventually(() => side.queue(name('risk.trade')) !== undefined);
    await user.channel.deleteQueue(name('risk.trade'));
    await user.channel.deleteQueue(name('position'));
    side.clock.step(5000);
    await eventually(() => side.log.texts.filter((text) => text.startsWith('somebody has deleted')).length === 2);
    side.broker.publish(outgoing(1, { services: ['risk'] }));
    await side.untilConfirmed(1);
    expect(await read('risk.trade')).toEqual([1]);
    expect(await user.declares(name('position'), OURS)).toBe(true);
  });

  it('wait for an exchange of the right kind: until then the reason is said, and nothing is lost', async () => {
    await user.channel.assertExchange(exchange, 'direct', { durable: true });
    const side = await started();
    const { available, reason } = side.broker.report();
    expect([available, reason]).toEqual([false, 'what is to be declared is there and is another']);
    expect(side.log.lines[0]?.fields['detail']).toContain(`inequivalent arg 'type' for exchange '${exchange}'`);
    side.broker.publish(outgoing(1));
    await user.channel.deleteExchange(exchange);
    await side.until(true);
    await side.untilConfirmed(1);
    expect(await read('trade')).toEqual([1]);
  });

  it('are there again when the exchange was deleted under way, and what was on its way comes', async () => {
    const side = await started();
    await user.channel.deleteExchange(exchange);
    side.broker.publish(outgoing(1));
    await side.until(false);
    await side.until(true);
    await side.untilConfirmed(1);
    expect(await read('trade')).toEqual([1]);
  });

  it('get an event later that they could not take at first', async () => {
    await user.channel.assertQueue(name('order'), { durable: true, maxLength: 1, overflow: 'reject-publish' });
    const side = await started();
    await side.broker.deliver([outgoing(1, { eventType: 'order' })]);
    const delivered = side.broker.deliver([outgoing(2, { eventType: 'order' })]);
    const seen: number[] = [];
    await eventually(async () => {
      seen.push(...(await read('order')));
      return seen.length === 2;
    });
    await delivered;
    expect(seen).toEqual([1, 2]);
  });

  it('are out of reach with a wrong password, which is not told', async () => {
    const url = rabbit.url.replace(/\/\/.*@/, '//somebody:secret1@');
    const side = await started({ url });
    const { available, reason } = side.broker.report();
    expect([available, reason]).toEqual([false, 'the user or the password is refused']);
    expect(side.log.lines[0]?.fields['detail']).toContain('ACCESS_REFUSED');
    expect(JSON.stringify(side.log.lines) + reason).not.toContain('secret1');
    await expect(side.broker.deliver([outgoing(1)])).rejects.toMatchObject({ name: 'BrokerUnavailable', message: reason });
  });

  it('raise and end the alarms of backlog and capacity while nobody consumes', async () => {
    const side = await started({ queueMaxLength: 10_400 });
    for (let seq = 1; seq <= 10_000; seq++) side.broker.publish(outgoing(seq));
    await side.untilConfirmed(10_000);
    await side.untilQueue(name('trade'), (report) => report?.messages === 10_000);
    expect(side.queue(name('trade'))).toMatchObject({
      capacityRatio: 10_000 / 10_400,
      alarms: ['backlog_critical', 'capacity_critical', 'backlog_warning', 'capacity_warning'],
    });
    await user.channel.purgeQueue(name('trade'));
    await side.untilQueue(name('trade'), (report) => report?.messages === 0);
    const alarms = ['backlog_critical', 'capacity_critical', 'backlog_warning', 'capacity_warning'];
    expect(side.log.texts.filter((text) => text.startsWith('queue_'))).toEqual([
      ...alarms.map((alarm) => `queue_${alarm}`),
      ...alarms.map((alarm) => `queue_${alarm}_over`),
    ]);
  });

  it('raise and end the alarm of slow consumption', async () => {
    const side = await started();
    const publish = async (count: number, eventType: EventType = 'ticker') => {
      const until = side.confirmed.length + count;
      for (let seq = 1; seq <= count; seq++) side.broker.publish(outgoing(seq, { eventType }));
      await side.untilConfirmed(until);
    };
    let looks = 0;
    // The last queue to be looked at has one more before each look, so that its end can be seen.
    const look = async () => {
      await publish(1, 'balance');
      looks++;
      await eventually(() => {
        const seen = side.queue(name('balance'))?.messages === looks;
        if (!seen) side.clock.step(0);
        return seen;
      });
    };
    await look();
    await publish(900);
    side.clock.pass(300_000);
    await look();
    expect(side.queue(name('ticker'))).toMatchObject({ messages: 900, consumeRate: 0, alarms: ['consumption_slow'] });
    expect(side.queue(name('ticker'))?.publishRate).toBeCloseTo(3, 1);
    await publish(90);
    await user.read(name('ticker'));
    side.clock.pass(300_000);
    await look();
    expect(side.queue(name('ticker'))?.alarms).toEqual([]);
    const ofTickers = side.log.lines.filter(({ fields }) => fields['queue'] === name('ticker'));
    expect(ofTickers.map(({ text }) => text)).toEqual(['queue_consumption_slow', 'queue_consumption_slow_over']);
  });
});
