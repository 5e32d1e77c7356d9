import { ValidationPipe } from '@nestjs/common';
import { RequestError } from '../door';

/** Checks a request against its class; the first mistake is told. */
export class RequestPipe extends ValidationPipe {
  constructor() {
    super({
      transform: true,
      stopAtFirstError: true,
      exceptionFactory: ([first]) =>
        new RequestError('INVALID_ARGS', Object.values(first?.constraints ?? {})[0] ?? 'The request is not as documented'),
    });
  }
}
