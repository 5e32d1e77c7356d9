import type { ExecutionContext } from '@nestjs/common';
import type { Entrance } from './entrance';
import { PassedGuard } from './passed-guard';

describe('PassedGuard', () => {
  const passed = {};
  const guard = new PassedGuard({ hasPassed: (request: object) => request === passed } as Entrance);

  function contextOf(request: object): ExecutionContext {
    return { switchToHttp: () => ({ getRequest: () => request }) } as ExecutionContext;
  }

  it('lets a request on that came through the entrance, and no other', () => {
    expect(guard.canActivate(contextOf(passed))).toBe(true);
    expect(() => guard.canActivate(contextOf({}))).toThrow('a request came past the entrance');
  });
});
