import { systemClock } from './clock';

describe('systemClock', () => {
  it('runs a task once, later, and another one again and again until cancelled', async () => {
    const order: string[] = [];
    await new Promise<void>((resolve) => {
      // The machine's timers alone do not keep a process alive.
      const alive = setInterval(() => undefined, 1000);
      const ticking = systemClock.every(1, () => {
        if (order.push('tick') < 3) return;
        ticking.cancel();
        clearInterval(alive);
        resolve();
      });
      systemClock.after(0, () => order.unshift('once'));
      systemClock.after(0, () => order.push('never')).cancel();
      order.push('tick');
    });
    expect(order).toEqual(['once', 'tick', 'tick', 'tick']);
  });

  it('tells the time', () => {
    const before = Date.now();
    const now = systemClock.now();
    expect(now).toBeGreaterThanOrEqual(before);
    expect(now).toBeLessThanOrEqual(Date.now());
  });
});
