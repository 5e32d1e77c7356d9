import { parseArgs } from 'node:util';

export const USAGE = `Usage: npm run fleet -- [--replicas N]

  --replicas N  how many gateways stand behind the balancer (default 3, at most 16)

  PORT          the balancer's port (default 8000)
  REDIS_URL     a Redis to use instead of one started for this
  LOG_LEVEL     what the replicas log (default warn)
  ENVIRONMENT   what they call the place where they run (default demo)

Other settings do not reach the replicas, so that what is exported or stands in .env for a gateway does not change the fleet.`;

const MOST_REPLICAS = 16;

/** How many replicas to start, or what to print instead: what is wrong, or the usage when it was asked for. */
export function readFleetArguments(argv: readonly string[]): number | { readonly error: string } | 'help' {
  let values;
  try {
    ({ values } = parseArgs({ args: [...argv], options: { replicas: { type: 'string' }, help: { type: 'boolean' } } }));
  } catch (error) {
    return { error: (error as Error).message };
  }
  if (values.help === true) return 'help';
  const replicas = Number(values.replicas ?? '3');
  if (Number.isInteger(replicas) && replicas >= 1 && replicas <= MOST_REPLICAS) return replicas;
  return { error: `--replicas must be a whole number from 1 to ${MOST_REPLICAS}, not ${String(values.replicas)}.` };
}
