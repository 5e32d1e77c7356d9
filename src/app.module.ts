import { Module, type DynamicModule } from '@nestjs/common';
import { ApiModule } from './api/api.module';
import { LogModule } from './config/log.module';
import { GatewayModule } from './gateway/gateway.module';
import { HealthModule } from './health/health.module';
import { MetricsModule } from './metrics/metrics.module';
import { ServicesModule } from './services/services.module';
import { UpstreamModule } from './upstream/upstream.module';

@Module({})
export class AppModule {
  /** @param settings the module that provides the validated settings */
  static with(settings: DynamicModule): DynamicModule {
    const parts = [LogModule, UpstreamModule, GatewayModule, ServicesModule, ApiModule, HealthModule, MetricsModule];
    return { module: AppModule, imports: [settings, ...parts] };
  }
}
