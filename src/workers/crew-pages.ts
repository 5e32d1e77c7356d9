import { Health, type HealthReading, type HealthSources, type WorkersHealth } from '../health/health';
import type { Pages } from '../health/pages';
import type { Obstacle } from '../health/readiness';
import { Stats, type StatsReading, type StatsSources } from '../health/stats';
import type { Answers } from './crew';
import { sumOf, type WorkerFigures } from './figures';

/** How long a worker may take to say what it counts. */
export const ANSWER_MS = 1000;

export interface CrewPagesSources {
  readonly crew: {
    readonly running: number;
    askAll<Answer>(what: string, withinMs: number): Promise<Answers<Answer>>;
  };
  readonly pubsub: HealthSources['pubsub'] & StatsSources['pubsub'];
  readonly upstream: HealthSources['upstream'] & StatsSources['upstream'];
  readonly fleet?: (HealthSources & StatsSources)['fleet'];
  readonly services?: HealthSources['services'];
  readonly maxClients: number;
  readonly now: () => number;
}

/** The pages of all workers together, made in the process with the upstream. */
export class CrewPages implements Pages {
  draining = false;

  constructor(private readonly sources: CrewPagesSources) {}

  async health(): Promise<HealthReading> {
    const { sum, workers } = await this.gather();
    const { pubsub, upstream, fleet, services, now } = this.sources;
    return { ...new Health({ sessions: sum, pubsub, upstream, fleet, services, now }).read(), workers };
  }

  async stats(): Promise<StatsReading> {
    const { sum, workers } = await this.gather();
    const { pubsub, upstream, fleet, maxClients, now } = this.sources;
    const sessions = { ...sum, deliveries: sum };
    return { ...new Stats({ sessions, hub: sum, pubsub, upstream, fleet, maxClients, now }).read(), workers };
  }

  async obstacle(): Promise<Obstacle | undefined> {
    if (this.draining) return 'draining';
    const { sum } = await this.gather();
    return sum.active >= this.sources.maxClients ? 'full' : undefined;
  }

  private async gather(): Promise<{ readonly sum: WorkerFigures; readonly workers: WorkersHealth }> {
    const { crew } = this.sources;
    const { answers, silent } = await crew.askAll<WorkerFigures>('figures', ANSWER_MS);
    return { sum: sumOf(answers), workers: { running: crew.running, silent } };
  }
}
