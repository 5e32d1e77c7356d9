import { Global, Inject, Module, type OnApplicationShutdown } from '@nestjs/common';
import { Settings } from '../config/settings';
import type { Tracer } from './tracer';

/** The {@link Tracer}, or null when no collector is configured. */
export const TRACER = Symbol('tracer');

@Global()
@Module({
  providers: [
    {
      provide: TRACER,
      inject: [Settings],
      useFactory: async ({ otelExporterOtlpEndpoint: endpoint, environment }: Settings): Promise<Tracer | null> => {
        if (endpoint === '') return null;
        const { OpenTelemetry } = await import('./open-telemetry.js');
        return new OpenTelemetry(endpoint, { name: 'tapecast', environment });
      },
    },
  ],
  exports: [TRACER],
})
export class TracingModule implements OnApplicationShutdown {
  constructor(@Inject(TRACER) private readonly tracer: Tracer | null) {}

  onApplicationShutdown(): Promise<void> | undefined {
    return this.tracer?.stop();
  }
}
