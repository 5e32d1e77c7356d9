import type { Position } from '../pubsub/publication';
import { parseArg, type ParsedArg } from '../streams/arg';
import type { ExchangeMarket } from '../streams/stream';

/** Distinct args that are remembered; far more than there are streams in use. */
const MAX_PARSED = 20_000;

/** What args name. Clients ask for the same streams again and again; what was read once need not be read anew. */
export class KnownArgs {
  private readonly parsed = new Map<unknown, ParsedArg>();

  constructor(
    private readonly brand: string,
    private readonly markets: ReadonlySet<ExchangeMarket>,
  ) {}

  read(arg: unknown): ParsedArg {
    const known = this.parsed.get(arg);
    if (known) return known;
    const parsed = parseArg(arg, this.brand, this.markets);
    if (typeof arg !== 'string' || 'refusal' in parsed) return parsed;
    if (this.parsed.size >= MAX_PARSED) this.parsed.clear();
    this.parsed.set(arg, parsed);
    return parsed;
  }

  /** Where to resume, by stream name; what names no stream is left out. */
  positions(resume: Readonly<Record<string, Position>>): Map<string, Position> {
    const since = new Map<string, Position>();
    for (const [name, position] of Object.entries(resume)) {
      const parsed = this.read(name);
      if ('stream' in parsed) since.set(parsed.stream.name, position);
    }
    return since;
  }
}

const MAX_ECHO = 128;

/** What is echoed of an arg that could not be read: as it was sent, unless it is large or nested beyond reason. */
export function shortened(arg: unknown): unknown {
  try {
    const text = typeof arg === 'string' ? arg : JSON.stringify(arg);
    return text.length > MAX_ECHO ? `${text.slice(0, MAX_ECHO)}…` : arg;
  } catch {
    return '…';
  }
}
