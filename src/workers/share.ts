import { Settings } from '../config/settings';

/**
 * The settings of worker `number` (1 to `workers`): its share of the limits that hold for the whole machine, and no Redis, which is the
 * primary's. The shares add up to the limits.
 */
export function settingsOfWorker(settings: Settings, number: number): Settings {
  const share = (total: number) => Math.floor(total / settings.workers) + (number <= total % settings.workers ? 1 : 0);
  return Object.freeze(
    Object.assign(new Settings(), settings, {
      maxClientsTotal: share(settings.maxClientsTotal),
      maxHandshakesPerSecond: share(settings.maxHandshakesPerSecond),
      redisUrl: '',
      redisClusterNodes: '',
    }),
  );
}
