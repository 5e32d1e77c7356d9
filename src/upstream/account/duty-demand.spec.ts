import { ModelDuty } from '../../../test/support/model-duty';
import { settled } from '../../../test/support/settled';
import { ALWAYS_ON_DUTY } from '../../duty/always';
import type { Duty } from '../../duty/duty';
import { InProcessPubSub } from '../../pubsub/in-process';
import { DutyDemand } from './duty-demand';

const LISTENER = { publication: () => undefined, status: () => undefined };

function setUp(duty: Duty) {
  const pubsub = new InProcessPubSub(10);
  const demand = new DutyDemand(pubsub);
  const told: string[] = [];
  demand.onDemand((stream, wanted) => told.push(`${wanted ? '+' : '-'} ${stream}`));
  demand.onRelease((market) => told.push(`released ${market}`));
  return { pubsub, demand, told, follow: () => demand.follow(duty) };
}

describe('the demand for the account', () => {
  it('is passed on at once by who is always on duty, from when the duty is followed', async () => {
    const { pubsub, demand, told, follow } = setUp(ALWAYS_ON_DUTY);
    pubsub.subscribe('account.order', LISTENER);
    expect([...demand.wanted()]).toEqual([]);
    follow();
    await settled();
    pubsub.subscribe('account.balance', LISTENER);
    pubsub.unsubscribe('account.order', LISTENER);
    expect(told).toEqual(['+ account.order', '+ account.balance', '- account.order']);
    expect([...demand.wanted()]).toEqual(['account.balance']);
  });

  it('waits for the duty, is told then, and released when the duty is somebody else’s', async () => {
    const duty = new ModelDuty(false);
    const { pubsub, demand, told, follow } = setUp(duty);
    follow();
    pubsub.subscribe('account.order', LISTENER);
    await settled();
    expect([told, [...demand.wanted()]]).toEqual([[], []]);
    duty.held = true;
    await settled();
    expect(told.splice(0)).toEqual(['+ account.order']);
    duty.held = false;
    await settled();
    pubsub.subscribe('account.balance', LISTENER);
    expect([told.splice(0), [...demand.wanted()]]).toEqual([['released account'], []]);
    duty.held = true;
    await settled();
    expect(told).toEqual(['+ account.order', '+ account.balance']);
  });

  it('begins after what listens because of the same duty, whoever of the two was first to follow it', async () => {
    const duty = new ModelDuty(false);
    const { pubsub, told, follow } = setUp(duty);
    follow();
    duty.onHeld(() => {
      pubsub.subscribe('account.order', LISTENER);
      told.push('listening');
    });
    duty.held = true;
    await settled();
    expect(told).toEqual(['listening', '+ account.order']);
  });

  it('stays away while the duty is had for less than a turn', async () => {
    const duty = new ModelDuty(false);
    const { pubsub, told, follow } = setUp(duty);
    follow();
    pubsub.subscribe('account.order', LISTENER);
    duty.held = true;
    duty.held = false;
    await settled();
    expect(told).toEqual([]);
  });
});
