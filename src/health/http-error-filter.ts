import { Catch, HttpException, Inject, type ArgumentsHost, type ExceptionFilter } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { LOGGER } from '../config/log.module';
import { httpErrorBody } from './http-error';

/** Paths that answer GET; any other method there is told so. */
const GET_PATHS = new Set(['/', '/live', '/ready', '/health', '/stats', '/ws', '/docs/protocol.md']);

/** Turns every failed HTTP request into the one error shape. What is inside an unexpected failure goes to the log only. */
@Catch()
export class HttpErrorFilter implements ExceptionFilter {
  constructor(
    private readonly adapterHost: HttpAdapterHost,
    @Inject(LOGGER) private readonly log: { error(fields: object, message: string): void },
  ) {}

  catch(exception: unknown, host: ArgumentsHost): void {
    const { httpAdapter } = this.adapterHost;
    const request = host.switchToHttp().getRequest<{ readonly path: string }>();
    const response = host.switchToHttp().getResponse<object>();
    let status = exception instanceof HttpException ? exception.getStatus() : 500;
    if (status === 404 && GET_PATHS.has(withoutEnd(request.path))) {
      status = 405;
      httpAdapter.setHeader(response, 'Allow', 'GET, HEAD');
    }
    if (status >= 500) this.log.error({ err: exception, path: request.path }, 'an HTTP request failed');
    if (httpAdapter.isHeadersSent(response)) {
      httpAdapter.end(response);
      return;
    }
    httpAdapter.reply(response, httpErrorBody(status), status);
  }
}

/** As the router sees it: without case and without slashes at the end. */
function withoutEnd(path: string): string {
  return path.toLowerCase().replace(/\/+$/, '') || '/';
}
