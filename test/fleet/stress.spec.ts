import { stress } from './rig/stress';

describe('a fleet of two replicas', () => {
  // A failure is repeated by npm run stress -- --seed N. What moment a fault meets is the machine's, so other seeds are worth a try.
  it.each([1, 2])(
    'keeps its word while parts of it fail at random, and leaves nothing behind: seed %i',
    async (seed) => {
      const { did, verdict, problems } = await stress(seed);
      expect({ did, violations: verdict.violations.slice(0, 10), problems }).toEqual({ did, violations: [], problems: [] });
      expect(verdict.looked.compared).toBeGreaterThan(100);
      expect(verdict.looked.books).toBeGreaterThan(100);
    },
    120_000,
  );
});
