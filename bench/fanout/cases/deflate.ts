import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT, startGateway } from '../targets';
import type { Measurement } from '../measurement';
import type { Window } from '../rig';
import {
  type Case,
  BYTES,
  CPU,
  DELIVERED,
  GENERATOR,
  kbPerConnection,
  LOAD,
  P50,
  P99,
  PER_CONNECTION,
  scaled,
  warmUpSeconds,
} from './case';

const CLIENTS = 1000;
const SYMBOL = 'BTCUSDT';
const RATE = 100;

export const deflate: Case = {
  name: 'deflate',
  about: `1000 clients listen to one ticker, ${RATE} msg/s, plain and with permessage-deflate; bytes are those on the wire`,
  aim: 'fewer bytes for at most 2x the CPU of the plain run',
  columns: [
    BYTES,
    CPU,
    { title: 'CPU vs. plain', figure: 'cpuRatio', digits: 2 },
    LOAD,
    P50,
    P99,
    DELIVERED,
    PER_CONNECTION,
    GENERATOR,
  ],
  peers: false,
  missing: () => (compresses() ? undefined : 'this gateway has no COMPRESSION yet'),
  async run(rig, target, options) {
    const joiners = Array.from({ length: scaled(CLIENTS, options) }, () => ({ streams: [SYMBOL] }));
    const compressing = { ...target, start: (feedPort: number) => startGateway(feedPort, { COMPRESSION: 'on' }) };
    const measured: Measurement[] = [];
    for (const asked of [false, true]) {
      const seats = { symbols: [SYMBOL], joiners, deflate: asked };
      const { figures, notes } = await rig.with<Window>(compressing, seats, async (seated) => {
        await rig.warmUp(seated, RATE, warmUpSeconds(options));
        const window = await rig.window(seated, RATE, options.seconds);
        const memory = kbPerConnection(seated.rssBefore, seated.rssSeated, joiners.length);
        return { ...window, figures: { ...window.figures, kbPerConnection: memory } };
      });
      const plain = measured[0]?.figures['cpuMicros'];
      const cpuRatio = plain === undefined ? {} : { cpuRatio: (figures['cpuMicros'] ?? NaN) / plain };
      const variant = asked ? 'deflate' : 'plain';
      measured.push({ case: 'deflate', variant, target: target.name, figures: { ...figures, ...cpuRatio }, notes });
    }
    return measured;
  },
};

function compresses(): boolean {
  try {
    return readFileSync(join(ROOT, 'dist/config/settings.js'), 'utf8').includes('compression');
  } catch {
    return false;
  }
}
