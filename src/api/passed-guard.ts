import type { CanActivate, ExecutionContext } from '@nestjs/common';
import { Injectable } from '@nestjs/common';
import { Entrance } from './entrance';

/** No call is answered that did not come through the {@link Entrance}, however an application is put together. */
@Injectable()
export class PassedGuard implements CanActivate {
  constructor(private readonly entrance: Entrance) {}

  canActivate(context: ExecutionContext): boolean {
    if (this.entrance.hasPassed(context.switchToHttp().getRequest<object>())) return true;
    throw new Error('a request came past the entrance');
  }
}
