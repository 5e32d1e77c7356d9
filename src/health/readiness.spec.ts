import { Readiness } from './readiness';

describe('Readiness', () => {
  it.each([
    [{ started: false, draining: false, full: false }, 'starting'],
    [{ started: true, draining: true, full: true }, 'draining'],
    [{ started: true, draining: false, full: true }, 'full'],
    [{ started: true, draining: false, full: false }, undefined],
  ])('%j stands in the way as %s', ({ started, draining, full }, obstacle) => {
    const readiness = new Readiness({ draining }, { full });
    readiness.started = started;
    expect(readiness.obstacle).toBe(obstacle);
  });
});
