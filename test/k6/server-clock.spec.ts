import { ServerClock } from '../../k6/server-clock';

describe('the server clock seen from a load test', () => {
  it('is ours until a ping shows otherwise', () => {
    const clock = new ServerClock();
    expect(clock.ahead).toBe(0);
    clock.pinged(1000, 1004, 1010);
    expect(clock.ahead).toBe(0);
  });

  it('is not doubted for the millisecond that whole numbers cost', () => {
    const clock = new ServerClock();
    clock.pinged(1000, 999, 1000);
    clock.pinged(1000, 1001, 1000);
    expect(clock.ahead).toBe(0);
  });

  it('is known as well as the quickest ping knows it', () => {
    const clock = new ServerClock();
    clock.pinged(1000, 6000, 1400);
    clock.pinged(2000, 7004, 2008);
    clock.pinged(3000, 8100, 3300);
    expect(Math.abs(clock.ahead - 5000)).toBeLessThanOrEqual(5);
  });

  it('is measured anew when it has drifted', () => {
    const clock = new ServerClock();
    clock.pinged(1000, 6000, 1000);
    clock.pinged(2000, 1500, 2000);
    expect(clock.ahead).toBe(-500);
  });
});
