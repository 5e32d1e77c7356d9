import { Catch, Inject, type ArgumentsHost, type WsExceptionFilter } from '@nestjs/common';
import type { Logger } from 'pino';
import { LOGGER } from '../../config/log.module';
import type { Client } from '../client';
import { RequestError } from '../door';
import { Requests } from '../requests';
import { internalError } from '../ws-adapter';

/** Turns every failure of a handler into the documented error reply. What is inside an unexpected one goes to the log only. */
@Catch()
export class RequestErrorFilter implements WsExceptionFilter {
  constructor(
    private readonly requests: Requests,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  catch(exception: unknown, host: ArgumentsHost): void {
    const { session } = host.switchToWs().getClient<Client>();
    const { id } = host.switchToWs().getData<{ id?: unknown }>();
    if (!(exception instanceof RequestError)) this.logger.error({ err: exception, connection: session.id }, 'a request failed');
    const error = exception instanceof RequestError ? exception : internalError();
    this.requests.errors.add(error.code);
    session.send(session.door.error(error, id));
  }
}
