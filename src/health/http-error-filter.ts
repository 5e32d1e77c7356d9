import { Catch, HttpException, Inject, type ArgumentsHost, type ExceptionFilter } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { LOGGER } from '../config/log.module';
import { ApiError } from '../services/api';
import { allowedMethods } from './allowed-methods';
import { apiErrorBody, httpErrorBody, wrongMethodBody, type HttpErrorBody } from './http-error';

/** Turns every failed HTTP request into the one error shape. What is inside an unexpected failure goes to the log only. */
@Catch()
export class HttpErrorFilter implements ExceptionFilter {
  constructor(
    private readonly adapterHost: HttpAdapterHost,
    @Inject(LOGGER) private readonly log: { error(fields: object, message: string): void },
  ) {}

  catch(exception: unknown, host: ArgumentsHost): void {
    const { httpAdapter } = this.adapterHost;
    const { path, method } = host.switchToHttp().getRequest<{ readonly path: string; readonly method: string }>();
    const response = host.switchToHttp().getResponse<object>();
    let status = statusOf(exception);
    let body: HttpErrorBody = exception instanceof ApiError ? apiErrorBody(exception) : httpErrorBody(status);
    const allowed = status === 404 && !(exception instanceof ApiError) ? allowedMethods(path) : undefined;
    if (allowed && !allowed.includes(method === 'HEAD' ? 'GET' : method)) {
      status = 405;
      body = wrongMethodBody(allowed);
      httpAdapter.setHeader(response, 'Allow', allowed.flatMap((each) => (each === 'GET' ? ['GET', 'HEAD'] : [each])).join(', '));
    }
    // What a use case says of itself is no surprise.
    if (status >= 500 && !(exception instanceof ApiError)) this.log.error({ err: exception, path }, 'an HTTP request failed');
    if (httpAdapter.isHeadersSent(response)) {
      httpAdapter.end(response);
      return;
    }
    httpAdapter.reply(response, body, status);
  }
}

function statusOf(exception: unknown): number {
  if (exception instanceof ApiError) return exception.status;
  return exception instanceof HttpException ? exception.getStatus() : 500;
}
