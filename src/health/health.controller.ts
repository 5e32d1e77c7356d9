import { Controller, Get, Res, ServiceUnavailableException } from '@nestjs/common';
import { HealthCheck, HealthCheckService, HealthIndicatorService, type HealthIndicatorResult } from '@nestjs/terminus';
import { Health } from './health';

/** Whether data flows: Terminus's answer, with the flat fields beside it that existing monitors read. */
@Controller('health')
export class HealthController {
  constructor(
    private readonly checks: HealthCheckService,
    private readonly indicators: HealthIndicatorService,
    private readonly health: Health,
  ) {}

  @Get()
  @HealthCheck()
  async check(@Res({ passthrough: true }) response: { status(code: number): unknown }): Promise<object> {
    const result = await this.outcome(response);
    const { redis, pubsubListener, connections } = this.health;
    return { ...result, redis, pubsub_listener: pubsubListener, connections };
  }

  private async outcome(response: { status(code: number): unknown }): Promise<object> {
    try {
      return await this.checks.check([() => this.redis(), () => this.pubsubListener(), () => this.upstream()]);
    } catch (error) {
      // How Terminus says that something is down.
      if (!(error instanceof ServiceUnavailableException)) throw error;
      response.status(503);
      return error.getResponse() as object;
    }
  }

  private redis(): HealthIndicatorResult {
    const { redis } = this.health;
    const indicator = this.indicators.check('redis');
    return redis === 'disconnected' ? indicator.down({ state: redis }) : indicator.up({ state: redis });
  }

  private pubsubListener(): HealthIndicatorResult {
    const { pubsubListener } = this.health;
    const indicator = this.indicators.check('pubsub_listener');
    return pubsubListener === 'ok' ? indicator.up({ state: pubsubListener }) : indicator.down({ state: pubsubListener });
  }

  private upstream(): HealthIndicatorResult {
    const markets = this.health.markets();
    const indicator = this.indicators.check('upstream');
    const down = Object.values(markets).some(({ status }) => status === 'down');
    return down ? indicator.down({ markets }) : indicator.up({ markets });
  }
}
