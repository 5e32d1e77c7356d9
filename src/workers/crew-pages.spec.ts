import { marketReport } from '../../test/support/market-report';
import { CrewPages } from './crew-pages';
import type { WorkerFigures } from './figures';

function pagesOf(answers: WorkerFigures[], silent: number[] = []) {
  return new CrewPages({
    crew: { running: answers.length + silent.length, askAll: () => Promise.resolve({ answers: answers as never[], silent }) },
    pubsub: { healthy: () => true, marketStatus: () => undefined, counts: () => ({ channels: 3 }) },
    upstream: { running: true, report: () => [marketReport()] },
    maxClients: 5,
    now: () => 0,
  });
}

const ONE: WorkerFigures = { active: 2, established: 4, sent: { ticker: 10, control: 1 }, memberships: { ticker: 2 } };
const OTHER: WorkerFigures = { active: 3, established: 3, sent: { ticker: 5, trade: 7 }, memberships: { ticker: 1, trade: 2 } };

describe('the pages of several workers', () => {
  it('add up what they count', async () => {
    const stats = await pagesOf([ONE, OTHER]).stats();
    expect(stats).toMatchObject({
      connections: {
        active_connections: 5,
        total_connections_lifetime: 7,
        total_messages_sent: 23,
        avg_subscriptions_per_client: 1,
        max_limit: 5,
      },
      upstream: { running: true },
      pubsub: { total_subscriptions: 5, active_channels: 3 },
      workers: { running: 2, silent: [] },
    });
    expect(await pagesOf([ONE, OTHER]).health()).toMatchObject({ connections: 5, workers: { running: 2, silent: [] } });
  });

  it('name those that are missing in them', async () => {
    expect(await pagesOf([ONE], [2]).health()).toMatchObject({ connections: 2, workers: { running: 2, silent: [2] } });
  });

  it('are full when all workers together are, and drain whatever they say', async () => {
    expect(await pagesOf([ONE]).obstacle()).toBeUndefined();
    expect(await pagesOf([ONE, OTHER]).obstacle()).toBe('full');
    const draining = pagesOf([ONE, OTHER]);
    draining.draining = true;
    expect(await draining.obstacle()).toBe('draining');
  });
});
