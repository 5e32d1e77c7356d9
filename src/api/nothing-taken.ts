import type { CanActivate, ExecutionContext } from '@nestjs/common';
import { refuseAny } from './request-pipe';

interface Sent {
  readonly query: unknown;
  readonly body?: unknown;
}

/** Of a call without query parameters. */
export class NoQuery implements CanActivate {
  canActivate(context: ExecutionContext): boolean {
    refuseAny(context.switchToHttp().getRequest<Sent>().query, 'query');
    return true;
  }
}

/** Of a POST whose body says nothing. */
export class NoFields implements CanActivate {
  canActivate(context: ExecutionContext): boolean {
    refuseAny(context.switchToHttp().getRequest<Sent>().body, 'body');
    return true;
  }
}
