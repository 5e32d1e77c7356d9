import type { HealthReading } from './health';
import type { Obstacle } from './readiness';
import type { StatsReading } from './stats';

/** What the pages show: of this process, or of all the processes that take clients on the same port. */
export abstract class Pages {
  abstract health(): Promise<HealthReading>;
  abstract stats(): Promise<StatsReading>;
  /** Why clients should go elsewhere for now; undefined when they are welcome. */
  abstract obstacle(): Promise<Obstacle | undefined>;
}

/** The pages of a process that is the whole gateway. */
export class OwnPages implements Pages {
  constructor(
    private readonly sources: {
      readonly health: { read(): HealthReading };
      readonly stats: { read(): StatsReading };
      readonly readiness: { readonly obstacle: Obstacle | undefined };
    },
  ) {}

  health(): Promise<HealthReading> {
    return Promise.resolve(this.sources.health.read());
  }

  stats(): Promise<StatsReading> {
    return Promise.resolve(this.sources.stats.read());
  }

  obstacle(): Promise<Obstacle | undefined> {
    return Promise.resolve(this.sources.readiness.obstacle);
  }
}
