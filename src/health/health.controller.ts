import { Controller, Get, Res, ServiceUnavailableException } from '@nestjs/common';
import { HealthCheck, HealthCheckService, HealthIndicatorService, type HealthIndicatorResult } from '@nestjs/terminus';
import type { HealthReading } from './health';
import { Pages } from './pages';
import type { ServicesHealth } from './services-health';

/** Whether data flows: Terminus's answer, with the flat fields beside it that existing monitors read. */
@Controller('health')
export class HealthController {
  constructor(
    private readonly checks: HealthCheckService,
    private readonly indicators: HealthIndicatorService,
    private readonly pages: Pages,
  ) {}

  @Get()
  @HealthCheck()
  async check(@Res({ passthrough: true }) response: { status(code: number): unknown }): Promise<object> {
    const reading = await this.pages.health();
    const result = await this.outcome(reading, response);
    const { redis, pubsubListener, connections } = reading;
    return { ...result, redis, pubsub_listener: pubsubListener, connections };
  }

  private async outcome(reading: HealthReading, response: { status(code: number): unknown }): Promise<object> {
    try {
      return await this.checks.check([
        () => this.redis(reading),
        () => this.pubsubListener(reading),
        () => this.upstream(reading),
        ...(reading.fleet ? [() => this.fleet(reading.fleet)] : []),
        ...(reading.services ? [this.services(reading.services)] : []),
        ...(reading.workers ? [() => this.workers(reading)] : []),
      ]);
    } catch (error) {
      // How Terminus says that something is down.
      if (!(error instanceof ServiceUnavailableException)) throw error;
      response.status(503);
      return error.getResponse() as object;
    }
  }

  private redis({ redis }: HealthReading): HealthIndicatorResult {
    const indicator = this.indicators.check('redis');
    return redis === 'disconnected' ? indicator.down({ state: redis }) : indicator.up({ state: redis });
  }

  private pubsubListener({ pubsubListener }: HealthReading): HealthIndicatorResult {
    const indicator = this.indicators.check('pubsub_listener');
    return pubsubListener === 'ok' ? indicator.up({ state: pubsubListener }) : indicator.down({ state: pubsubListener });
  }

  private upstream({ markets }: HealthReading): HealthIndicatorResult {
    const indicator = this.indicators.check('upstream');
    const down = Object.values(markets).some(({ status }) => status === 'down');
    return down ? indicator.down({ markets }) : indicator.up({ markets });
  }

  /** Alone it serves its clients as well as ever, but the exchange sees as many connections as there are replicas. */
  private fleet(fleet: HealthReading['fleet']): HealthIndicatorResult {
    const indicator = this.indicators.check('fleet');
    return fleet?.mode === 'alone' ? indicator.down({ ...fleet }) : indicator.up({ ...fleet });
  }

  /** Clients are served whatever becomes of it; what services miss is told here. */
  private services({ status, ...services }: ServicesHealth): () => HealthIndicatorResult {
    const indicator = this.indicators.check('services');
    return () => (status === 'down' ? indicator.down(services) : indicator.up(services));
  }

  /** One that is slow to answer is named and no reason to send all clients away; one that has died is replaced. */
  private workers({ workers }: HealthReading): HealthIndicatorResult {
    return this.indicators.check('workers').up({ ...workers });
  }
}
