import type { Measurement } from '../measurement';
import {
  type Case,
  BYTES,
  CPU,
  DELIVERED,
  GENERATOR,
  kbPerConnection,
  LOAD,
  P50,
  P95,
  P99,
  PER_CONNECTION,
  scaled,
  warmUpSeconds,
} from './case';

const CLIENTS = 1000;
const SYMBOL = 'BTCUSDT';

export const hot: Case = {
  name: 'hot',
  about: '1000 clients listen to one ticker',
  aim: 'at most 6.5 µs per delivery; p99 at most 10 ms at 100 msg/s',
  columns: [CPU, LOAD, P50, P95, P99, DELIVERED, BYTES, PER_CONNECTION, GENERATOR],
  peers: true,
  async run(rig, target, options) {
    const joiners = Array.from({ length: scaled(CLIENTS, options) }, () => ({ streams: [SYMBOL] }));
    const rates = options.quick ? [100] : [50, 100, 200];
    return rig.with(target, { symbols: [SYMBOL], joiners }, async (seated) => {
      await rig.warmUp(seated, 100, warmUpSeconds(options));
      const measured: Measurement[] = [];
      for (const rate of rates) {
        const { figures, notes } = await rig.window(seated, rate, options.seconds);
        const memory = kbPerConnection(seated.rssBefore, seated.rssSeated, joiners.length);
        measured.push({
          case: 'hot',
          variant: `${rate} msg/s`,
          target: target.name,
          figures: { ...figures, kbPerConnection: memory },
          notes,
        });
      }
      return measured;
    });
  },
};
