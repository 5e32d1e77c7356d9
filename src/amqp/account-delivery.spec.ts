import fc from 'fast-check';
import { KeptLog } from '../../test/support/amqp-log';
import { ModelConfirmChannel } from '../../test/support/confirm-channel';
import { ManualClock } from '../../test/support/manual-clock';
import { outgoing, seqOf } from '../../test/support/outgoing-events';
import { settled } from '../../test/support/settled';
import { AccountDelivery } from './account-delivery';
import { BrokerUnavailable } from './broker';
import { REFUSED_PAUSE_MS } from './refused-pause';

const events = (from: number, to: number) =>
  Array.from({ length: to - from + 1 }, (_, i) => outgoing(from + i, { eventType: 'order' }));
const seqs = (channel: ModelConfirmChannel) => channel.ids.map(seqOf);

function rig() {
  const clock = new ManualClock();
  const delivery = new AccountDelivery('ws-gateway', { clock, log: new KeptLog(), confirmed: () => undefined });
  const channel = new ModelConfirmChannel();
  delivery.open(channel);
  delivery.flow(true);
  const outcomes: string[] = [];
  const deliver = (name: string, from: number, to: number) =>
    void delivery.deliver(events(from, to)).then(
      () => outcomes.push(`${name} done`),
      (error: unknown) => outcomes.push(error instanceof BrokerUnavailable ? `${name} ${error.message}` : 'another error'),
    );
  return { clock, delivery, channel, outcomes, deliver };
}

describe('AccountDelivery', () => {
  it('is done when all of it is confirmed, in whatever order, and then begins the next', async () => {
    const { channel, outcomes, deliver, delivery } = rig();
    deliver('a', 1, 3);
    deliver('b', 4, 4);
    channel.answer('ack', 3);
    channel.answer('ack', 1);
    await settled();
    expect([outcomes, seqs(channel)]).toEqual([[], [1, 2, 3]]);
    channel.answer('ack', 2);
    await settled();
    expect([outcomes, seqs(channel), delivery.idle]).toEqual([['a done'], [1, 2, 3, 4], false]);
    channel.answer('ack', 4);
    await settled();
    expect([outcomes, delivery.idle]).toEqual([['a done', 'b done'], true]);
  });

  it('has a bounded number on their way', async () => {
    const { channel, outcomes, deliver } = rig();
    deliver('a', 1, 1200);
    expect(channel.published).toHaveLength(512);
    channel.answer('ack', 512, true);
    channel.answer('ack', 1024, true);
    channel.answer('ack', 1200, true);
    await settled();
    expect([outcomes, seqs(channel)]).toEqual([['a done'], events(1, 1200).map((_, i) => i + 1)]);
  });

  it('rejects all that waits when the broker is lost, and waits for nothing of it afterwards', async () => {
    const { channel, delivery, outcomes, deliver } = rig();
    deliver('a', 1, 2);
    deliver('b', 3, 3);
    channel.answer('ack', 1);
    delivery.lost('gone');
    await settled();
    expect([outcomes, delivery.idle]).toEqual([['a gone', 'b gone'], true]);
    const next = new ModelConfirmChannel();
    delivery.open(next);
    deliver('a again', 1, 2);
    next.answer('ack', 2, true);
    await settled();
    expect(outcomes.at(-1)).toBe('a again done');
  });

  it('waits while nothing may be sent', async () => {
    const { channel, delivery, outcomes, deliver } = rig();
    delivery.flow(false);
    deliver('a', 1, 1);
    expect(channel.published).toEqual([]);
    delivery.flow(true);
    channel.answer('ack', 1);
    await settled();
    expect(outcomes).toEqual(['a done']);
  });

  it('sends from the first on that the broker could not take, a second later', async () => {
    const { channel, delivery, clock, outcomes, deliver } = rig();
    deliver('a', 1, 4);
    channel.answer('ack', 1);
    channel.answer('nack', 2);
    channel.answer('nack', 3);
    channel.answer('ack', 4);
    await settled();
    expect([outcomes, seqs(channel)]).toEqual([[], [1, 2, 3, 4]]);
    clock.advance(REFUSED_PAUSE_MS);
    expect(seqs(channel)).toEqual([1, 2, 3, 4, 2, 3, 4]);
    channel.answer('ack', 7, true);
    await settled();
    expect([outcomes, delivery.refused, clock.timers]).toEqual([['a done'], 2, 0]);
  });

  it('does not wait for a moment to send again when the broker is lost meanwhile', async () => {
    const { channel, delivery, clock, outcomes, deliver } = rig();
    deliver('a', 1, 1);
    channel.answer('nack', 1);
    delivery.lost('gone');
    await settled();
    expect([outcomes, clock.timers]).toEqual([['a gone'], 0]);
  });

  it('is complete and in order for whoever sends again what was rejected, wherever connections end', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.record({ acked: fc.nat(4), arrived: fc.nat(4), lost: fc.boolean() }), { maxLength: 40, size: 'max' }),
        fc.integer({ min: 1, max: 5 }),
        async (steps, batch) => {
          const { delivery, channel: first } = rig();
          let channel = first;
          let answered = 0;
          const queue: number[] = [];
          let taken = 0;
          const take = (upTo: number) => {
            queue.push(...seqs(channel).slice(taken, Math.max(taken, upTo)));
            taken = Math.max(taken, upTo);
          };
          const total = 20;
          const caller = (async () => {
            for (let from = 1; from <= total;) {
              const to = Math.min(total, from + batch - 1);
              const done = await delivery.deliver(events(from, to)).then(
                () => true,
                () => false,
              );
              if (done) from = to + 1;
            }
          })();
          for (const { acked, arrived, lost } of [
            ...steps,
            ...Array.from({ length: 60 }, () => ({ acked: 9, arrived: 0, lost: false })),
          ]) {
            await settled();
            const on = channel.published.length;
            const ack = Math.min(on, answered + acked);
            // The broker has what it confirms, and may have some more: always those that were sent first.
            take(Math.min(on, ack + arrived));
            if (ack > answered) channel.answer('ack', (answered = ack), true);
            if (!lost) continue;
            delivery.lost('gone');
            channel = new ModelConfirmChannel();
            [answered, taken] = [0, 0];
            delivery.open(channel);
          }
          await caller;
          expect([...new Set(queue)]).toEqual(Array.from({ length: total }, (_, i) => i + 1));
        },
      ),
    );
  });
});
