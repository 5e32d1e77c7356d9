import { ManualClock } from '../../test/support/manual-clock';
import { settled } from '../../test/support/settled';
import { ApiError, type ServicesApi } from '../services/api';
import { Calls } from './calls';
import { answerCall, ServicesElsewhere } from './services-elsewhere';

/** A worker and a primary that does what the services here say. */
function setUp(services: Partial<Record<keyof ServicesApi, (argument: never) => Promise<unknown>>>) {
  const clock = new ManualClock();
  const over = <T>(message: T) => JSON.parse(JSON.stringify(message)) as T;
  const worker: Calls = new Calls(clock, (message) => primary.receive(over(message)), {});
  const primary: Calls = new Calls(clock, (message) => worker.receive(over(message)), {
    services: (asked: Parameters<typeof answerCall>[1]) => answerCall(services as unknown as ServicesApi, asked),
  });
  return { clock, worker, api: new ServicesElsewhere(worker, 3000) };
}

describe('services in another process', () => {
  it('get each call with its argument, and their answer comes back', async () => {
    const echo = (name: string) => (argument: unknown) => Promise.resolve({ name, argument });
    const names = [
      'subscribe',
      'subscriptions',
      'subscription',
      'cancel',
      'cancelByService',
      'balances',
      'balanceHistory',
      'syncBalances',
      'symbols',
      'streams',
    ] as const;
    const { api } = setUp(Object.fromEntries(names.map((name) => [name, echo(name)])));
    for (const name of names) {
      const argument = name === 'syncBalances' || name === 'streams' ? null : { name };
      await expect((api[name] as (argument: unknown) => Promise<unknown>)(argument)).resolves.toEqual({ name, argument });
    }
  });

  it('refuse as if they were here', async () => {
    const { api } = setUp({
      cancel: () => Promise.reject(new ApiError('SUBSCRIPTION_NOT_FOUND', 'none such', { subscription_id: 'x' })),
    });
    const refused = api.cancel('x');
    await expect(refused).rejects.toThrow(ApiError);
    await expect(refused).rejects.toMatchObject({ status: 404, message: 'none such', details: { subscription_id: 'x' } });
  });

  it('are unavailable when they fail, do not answer or are gone', async () => {
    const unavailable = { code: 'SERVICES_UNAVAILABLE', status: 503 };
    const { api, clock, worker } = setUp({
      streams: () => Promise.reject(new Error('a fault')),
      cancel: () => new Promise(() => undefined),
    });
    await expect(api.streams()).rejects.toMatchObject(unavailable);
    const silent = api.cancel('x');
    await settled();
    clock.advance(15_000);
    await expect(silent).rejects.toMatchObject(unavailable);
    worker.close();
    await expect(api.streams()).rejects.toMatchObject(unavailable);
  });
});
