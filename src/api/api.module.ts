import type { IncomingMessage, ServerResponse } from 'node:http';
import { Module, type INestApplication } from '@nestjs/common';
import type { Logger } from 'pino';
import { systemClock } from '../clock/clock';
import { LOGGER } from '../config/log.module';
import { Settings } from '../config/settings';
import { Admission } from '../gateway/admission';
import { GatewayModule } from '../gateway/gateway.module';
import { traced } from '../tracing/traced';
import type { Tracer } from '../tracing/tracer';
import { TRACER, TracingModule } from '../tracing/tracing.module';
import { ApiKeys } from './api-keys';
import { ApiDocument, DocsController } from './docs.controller';
import { Entrance } from './entrance';
import { API_CONTROLLERS, openApiOf } from './open-api';
import { RequestLog } from './request-log';
import { WrongKeys } from './wrong-keys';

/** The REST interface. Somebody else provides `ServicesApi`, for all modules. */
@Module({
  imports: [GatewayModule, TracingModule],
  controllers: [DocsController, ...API_CONTROLLERS],
  providers: [
    ApiDocument,
    {
      provide: Entrance,
      inject: [Settings, Admission, LOGGER, TRACER],
      useFactory: ({ apiKeys }: Settings, admission: Admission, logger: Logger, tracer: Tracer | null) =>
        new Entrance(
          new ApiKeys(apiKeys),
          new WrongKeys(systemClock),
          new RequestLog(logger, systemClock, tracer),
          (request: IncomingMessage) => admission.addressOf(request),
        ),
    },
  ],
})
export class ApiModule {}

type Middleware = (request: IncomingMessage, response: ServerResponse, next: (error?: unknown) => void) => void;

/** What has to come before every route and before any body is read. Call it before the application listens. */
export function prepareHttp(app: INestApplication & { use(...middleware: (string | Middleware)[]): unknown }): void {
  app.use(traced);
  app.use('/api/v1', app.get(Entrance).pass);
  app.get(ApiDocument).make = () => openApiOf(app, ApiModule);
}
