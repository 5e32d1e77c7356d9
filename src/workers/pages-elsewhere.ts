import { ServiceUnavailableException } from '@nestjs/common';
import type { HealthReading } from '../health/health';
import type { Pages } from '../health/pages';
import type { Obstacle } from '../health/readiness';
import type { StatsReading } from '../health/stats';
import type { Calls } from './calls';

/** Longer than the primary waits for its workers. */
const WITHIN_MS = 3000;

/** The pages of all processes on this port, as the primary knows them. */
export class PagesElsewhere implements Pages {
  constructor(private readonly primary: Pick<Calls, 'ask'>) {}

  health(): Promise<HealthReading> {
    return this.ask<HealthReading>('health');
  }

  stats(): Promise<StatsReading> {
    return this.ask<StatsReading>('stats');
  }

  async obstacle(): Promise<Obstacle | undefined> {
    return (await this.ask<Obstacle | null>('obstacle')) ?? undefined;
  }

  private async ask<Answer>(page: string): Promise<Answer> {
    try {
      return await this.primary.ask<Answer>(page, null, WITHIN_MS);
    } catch (cause) {
      throw new ServiceUnavailableException(undefined, { cause });
    }
  }
}
