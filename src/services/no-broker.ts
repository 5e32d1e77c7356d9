import type { EventBroker } from '../amqp/broker';

/** Stands where no broker is configured: events have nowhere to go, and the account's are only recorded. */
export const NO_BROKER: Pick<EventBroker, 'publish' | 'deliver' | 'wantQueues'> = {
  publish: () => undefined,
  deliver: () => Promise.resolve(),
  wantQueues: () => undefined,
};
