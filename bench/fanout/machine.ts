import { cpus, loadavg, release, totalmem, type } from 'node:os';

/** Where and when figures were measured. */
export function machine() {
  const processors = cpus();
  const here = {
    date: new Date().toISOString(),
    processor: processors[0]?.model ?? 'unknown',
    cores: processors.length,
    memoryGb: Math.round(totalmem() / 1024 ** 3),
    system: `${type()} ${release()}`,
    node: process.version,
    loadBefore: loadavg()[0] ?? NaN,
  };
  const { date, cores, processor, memoryGb, system, node, loadBefore } = here;
  const text = `${date}: ${cores} x ${processor}, ${memoryGb} GB, ${system}, Node ${node}, load ${loadBefore.toFixed(1)}`;
  return { ...here, text };
}
