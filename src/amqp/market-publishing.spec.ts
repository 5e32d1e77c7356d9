import fc from 'fast-check';
import { KeptLog } from '../../test/support/amqp-log';
import { ModelConfirmChannel } from '../../test/support/confirm-channel';
import { ManualClock } from '../../test/support/manual-clock';
import { outgoing, seqOf } from '../../test/support/outgoing-events';
import { MarketPublishing } from './market-publishing';
import { REFUSED_PAUSE_MS } from './refused-pause';

function rig(events = 100, bytes = 1e9) {
  const clock = new ManualClock();
  const log = new KeptLog();
  const confirmed: number[] = [];
  const tasks: (() => void)[] = [];
  const publishing = new MarketPublishing(
    'ws-gateway',
    { events, bytes },
    {
      clock,
      log,
      endOfTurn: (task) => tasks.push(task),
      confirmed: (all) => confirmed.push(...all.map(({ messageId }) => seqOf(messageId))),
    },
  );
  const endTurn = () => {
    for (const task of tasks.splice(0)) task();
  };
  /** Turns end until nothing is left for another one. */
  const endTurns = () => {
    while (tasks.length > 0) endTurn();
  };
  const opened = () => {
    const channel = new ModelConfirmChannel();
    publishing.open(channel);
    return channel;
  };
  const publish = (from: number, to: number) => {
    for (let seq = from; seq <= to; seq++) publishing.publish(outgoing(seq));
  };
  return { clock, log, confirmed, publishing, opened, publish, endTurn, endTurns };
}

const seqs = (channel: ModelConfirmChannel) => channel.ids.map(seqOf);

describe('MarketPublishing', () => {
  it('writes a message that services and their queues understand', () => {
    const { publishing, opened, clock } = rig();
    const channel = opened();
    publishing.flow(true);
    publishing.publish(outgoing(7, { services: ['billing', 'risk'] }));
    expect(channel.published).toEqual([
      {
        routingKey: 'trade.futures.BTCUSDT',
        body: '{"seq":7}',
        options: {
          persistent: true,
          contentType: 'application/json',
          messageId: 'futures.trade.BTCUSDT:e1:7',
          timestamp: Math.floor(clock.now() / 1000),
          headers: { event_type: 'trade', topic: 'futures.trade.BTCUSDT', trace_id: outgoing(7).traceId },
          BCC: ['@billing.trade', '@risk.trade'],
        },
      },
    ]);
  });

  it('has a bounded number on their way, and sends the next as soon as some are confirmed', () => {
    const { publishing, opened, publish, confirmed } = rig(5000);
    const channel = opened();
    publishing.flow(true);
    publish(1, 2000);
    expect([channel.published.length, publishing.waiting]).toEqual([1024, 976]);
    channel.answer('ack', 10, true);
    channel.answer('ack', 12);
    expect([channel.published.length, confirmed]).toEqual([1035, [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 12]]);
  });

  it('sends what has waited in slices, and what comes meanwhile after that', () => {
    const { publishing, opened, publish, endTurn, endTurns } = rig(5000);
    publish(1, 200);
    const channel = opened();
    publishing.flow(true);
    publish(201, 201);
    expect([channel.published.length, publishing.waiting]).toEqual([64, 137]);
    channel.answer('ack', 64, true);
    expect(channel.published).toHaveLength(64);
    endTurn();
    expect(channel.published).toHaveLength(128);
    endTurns();
    expect(seqs(channel)).toEqual(Array.from({ length: 201 }, (_, i) => i + 1));
  });

  it('keeps the newest while it must not send, counts the others, and sends what it kept in order', () => {
    const { publishing, opened, publish } = rig(3);
    publish(1, 5);
    const channel = opened();
    expect([publishing.waiting, publishing.dropped, channel.published]).toEqual([3, 2, []]);
    publishing.flow(true);
    expect([publishing.waiting, seqs(channel)]).toEqual([0, [3, 4, 5]]);
  });

  it('sends again, first and in order, what was on its way when the channel was lost', () => {
    const { publishing, opened, publish } = rig();
    const first = opened();
    publishing.flow(true);
    publish(1, 4);
    first.answer('ack', 2);
    publishing.lost();
    publish(5, 6);
    expect([publishing.waiting, publishing.idle]).toEqual([5, false]);
    const second = opened();
    expect(seqs(second)).toEqual([1, 3, 4, 5, 6]);
    expect(second.ids[0]).toBe(first.ids[0]);
    // An answer on a channel that is gone is about nobody.
    first.answer('ack', 5, true);
    expect(publishing.idle).toBe(false);
    second.answer('ack', 5, true);
    expect(publishing.idle).toBe(true);
  });

  it('does not lose what it gives to a channel that has just ended', () => {
    const { publishing, opened, publish } = rig();
    const first = opened();
    publishing.flow(true);
    first.closed = true;
    publish(1, 2);
    publishing.lost();
    expect(seqs(opened())).toEqual([1, 2]);
  });

  it('sends what the broker could not take again, a second later', () => {
    const { publishing, opened, publish, clock } = rig();
    const channel = opened();
    publishing.flow(true);
    publish(1, 3);
    channel.answer('nack', 2, true);
    publish(4, 4);
    expect([publishing.refused, seqs(channel)]).toEqual([2, [1, 2, 3]]);
    clock.advance(REFUSED_PAUSE_MS);
    expect(seqs(channel)).toEqual([1, 2, 3, 1, 2, 4]);
    expect(clock.timers).toBe(0);
  });

  it('drops and counts an event that cannot be a message, and goes on', () => {
    const { publishing, opened, log } = rig();
    const channel = opened();
    publishing.flow(true);
    publishing.publish(outgoing(1, { routingKey: 'x'.repeat(256) }));
    publishing.publish(outgoing(2));
    expect([seqs(channel), publishing.dropped]).toEqual([[2], 1]);
    expect(log.lines).toMatchObject([{ level: 'error', fields: { messageId: outgoing(1).messageId } }]);
  });

  it('has every event confirmed or counted as dropped, and first sent in order, whatever happens on the way', () => {
    const step = fc.oneof(
      {
        weight: 6,
        arbitrary: fc.record({
          do: fc.constant('publish' as const),
          count: fc.oneof(fc.integer({ min: 1, max: 5 }), fc.constant(90)),
        }),
      },
      { weight: 4, arbitrary: fc.record({ do: fc.constant('ack' as const), at: fc.nat(1000), multiple: fc.boolean() }) },
      { weight: 1, arbitrary: fc.record({ do: fc.constant('nack' as const), at: fc.nat(1000), multiple: fc.boolean() }) },
      { weight: 1, arbitrary: fc.constant({ do: 'lose' as const }) },
      { weight: 1, arbitrary: fc.constant({ do: 'reopen' as const }) },
      { weight: 1, arbitrary: fc.record({ do: fc.constant('flow' as const), flowing: fc.boolean() }) },
      { weight: 1, arbitrary: fc.constant({ do: 'wait' as const }) },
      { weight: 3, arbitrary: fc.constant({ do: 'turn' as const }) },
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 120, size: 'max' }), fc.constantFrom(8, 300), (all, room) => {
        const { publishing, opened, publish, clock, confirmed, endTurn, endTurns } = rig(room);
        const sent: number[] = [];
        let seq = 0;
        let channel: ModelConfirmChannel | undefined;
        const leave = () => {
          if (channel) sent.push(...seqs(channel));
          channel = undefined;
          publishing.lost();
        };
        for (const one of all) {
          if (one.do === 'publish') {
            publish(seq + 1, seq + one.count);
            seq += one.count;
          } else if (one.do === 'ack' || one.do === 'nack') {
            const tags = channel?.published.length ?? 0;
            if (tags > 0) channel?.answer(one.do, 1 + (one.at % tags), one.multiple);
          } else if (one.do === 'lose') leave();
          else if (one.do === 'reopen') {
            leave();
            channel = opened();
          } else if (one.do === 'flow') publishing.flow(one.flowing);
          else if (one.do === 'turn') endTurn();
          else clock.advance(REFUSED_PAUSE_MS);
        }
        leave();
        const last = opened();
        publishing.flow(true);
        clock.advance(REFUSED_PAUSE_MS);
        while (!publishing.idle) {
          endTurns();
          last.answer('ack', last.published.length, true);
        }
        sent.push(...seqs(last));
        const arrived = new Set(confirmed);
        expect(arrived.size + publishing.dropped).toBe(seq);
        const firsts = [...new Set(sent)];
        expect(firsts).toEqual([...firsts].sort((a, b) => a - b));
      }),
    );
  });
});
