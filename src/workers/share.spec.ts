import fc from 'fast-check';
import { Settings } from '../config/settings';
import { settingsOfWorker } from './share';

describe('settingsOfWorker', () => {
  it('divides the limits of the machine so that the shares add up to them and differ by one at most', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 64 }), fc.nat(10_000), fc.nat(5000), (workers, clients, handshakes) => {
        const limits = { maxClientsTotal: workers + clients, maxHandshakesPerSecond: workers + handshakes };
        const settings = Object.assign(new Settings(), { workers, ...limits });
        const shares = Array.from({ length: workers }, (_, i) => settingsOfWorker(settings, i + 1));
        for (const limit of ['maxClientsTotal', 'maxHandshakesPerSecond'] as const) {
          const values = shares.map((share) => share[limit]);
          expect(values.reduce((sum, value) => sum + value, 0)).toBe(limits[limit]);
          expect(Math.max(...values) - Math.min(...values)).toBeLessThanOrEqual(1);
          expect(Math.min(...values)).toBeGreaterThan(0);
        }
      }),
    );
  });

  it('leaves everything else as it is, but for Redis, which is the primary’s', () => {
    const settings = Object.assign(new Settings(), { workers: 2, brand: 'x', redisUrl: 'redis://one' });
    const share = { maxClientsTotal: 5000, maxHandshakesPerSecond: 1000, redisUrl: '' };
    expect(settingsOfWorker(settings, 2)).toEqual(Object.assign(new Settings(), settings, share));
  });
});
