import type { Settings } from './settings';

/** Whether back-end services are served, or the account is followed: what is kept in a database is needed then. */
export function hasServices({ apiKeys, amqpUrl, bybitApiKey }: Pick<Settings, 'apiKeys' | 'amqpUrl' | 'bybitApiKey'>): boolean {
  return apiKeys.length > 0 || amqpUrl !== '' || bybitApiKey !== '';
}
