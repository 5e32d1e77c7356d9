import type { Clock } from '../clock/clock';
import type { Position } from '../pubsub/publication';
import type { StreamStatus } from '../pubsub/status';
import { parseArg, type ArgRefusal, type ParsedArg } from '../streams/arg';
import { isStateKind, type Market, type Stream } from '../streams/stream';
import type { SymbolDirectory } from '../streams/symbol-directory';
import type { Hub } from '../subscriptions/hub';
import type { Membership } from '../subscriptions/membership';
import type { Session, Subscribed } from './session';

/** Why an arg was not accepted. */
export interface RejectedArg {
  readonly arg: unknown;
  readonly reason: string;
  readonly code: ArgRefusal['code'] | 'UNKNOWN_SYMBOL' | 'LIMIT_EXCEEDED' | 'EXCHANGE_REJECTED';
}

export interface AcceptedArg {
  readonly arg: string;
  /** The stream's name without the brand. */
  readonly stream: string;
  readonly position: Position;
  /** Set when the client asked to resume this stream. */
  readonly recovered?: boolean;
}

export interface SubscribeOutcome {
  readonly accepted: readonly AcceptedArg[];
  readonly rejected: readonly RejectedArg[];
  /** Accepted args whose streams the exchange has not answered for yet. */
  readonly pending: readonly string[];
  /** Lets the data flow. To be called after the reply is queued, so that the reply comes first. */
  readonly release: () => void;
}

export interface SubscribingOptions {
  readonly brand: string;
  readonly markets: ReadonlySet<Market>;
  readonly maxSubscriptions: number;
  /** How long the exchange may take to answer before the client is told `pending`. */
  readonly timeoutMs: number;
}

const NOTHING: SubscribeOutcome = { accepted: [], rejected: [], pending: [], release: () => undefined };

/** Distinct args that are remembered; far more than there are streams in use. */
const MAX_PARSED = 20_000;

/** A stream that this request has asked for. */
interface Asked {
  readonly stream: Stream;
  readonly args: string[];
  readonly membership: Membership;
  status: StreamStatus | undefined;
}

/** What it takes to let a client listen, whichever protocol it speaks. */
export class Subscribing {
  private readonly parsed = new Map<unknown, ParsedArg>();

  constructor(
    private readonly hub: Hub,
    private readonly symbols: SymbolDirectory,
    private readonly clock: Clock,
    private readonly options: SubscribingOptions,
  ) {}

  /**
   * Rejects only when something inside failed; the client then stands as before.
   * @param resume where the client left off, by any name of a stream
   */
  async subscribe(
    session: Session,
    args: readonly unknown[],
    resume: Readonly<Record<string, Position>> = {},
  ): Promise<SubscribeOutcome> {
    // It may have ended since its message was taken up; nobody would ever leave what it joined now.
    if (session.closing) return NOTHING;
    const asked = new Map<string, Asked>();
    try {
      return await this.join(session, args, resume, asked);
    } catch (error) {
      for (const ask of asked.values()) abandon(session, ask);
      throw error;
    }
  }

  /** Unknown streams are none of the client's subscriptions and count as already left; `left` counts those that were. */
  unsubscribe(session: Session, args: readonly unknown[]): { accepted: string[]; left: number; rejected: RejectedArg[] } {
    const accepted: string[] = [];
    const rejected: RejectedArg[] = [];
    let left = 0;
    for (const arg of args) {
      const parsed = this.parse(arg);
      if ('refusal' in parsed) {
        rejected.push({ arg: shortened(arg), ...parsed.refusal });
        continue;
      }
      accepted.push(arg as string);
      if (session.unsubscribe(parsed.stream.name)) left++;
    }
    return { accepted, left, rejected };
  }

  list(session: Session): AcceptedArg[] {
    return [...session.subscriptions.values()].map(({ arg, membership }: Subscribed) => ({
      arg,
      stream: membership.stream,
      position: membership.position(),
    }));
  }

  /** @param asked is filled with what the session joins */
  private async join(
    session: Session,
    args: readonly unknown[],
    resume: Readonly<Record<string, Position>>,
    asked: Map<string, Asked>,
  ): Promise<SubscribeOutcome> {
    const since = this.positions(resume);
    const rejected: RejectedArg[] = [];
    const already: { arg: string; membership: Membership }[] = [];
    for (const arg of args) {
      const stream = this.admit(session, arg, rejected);
      if (!stream) continue;
      const repeated = asked.get(stream.name);
      const known = repeated ? undefined : this.standing(session, stream.name, since);
      if (repeated) repeated.args.push(arg as string);
      else if (known) already.push({ arg: arg as string, membership: known.membership });
      else {
        const membership = this.hub.join(stream, session);
        session.subscriptions.set(stream.name, { arg: arg as string, membership });
        asked.set(stream.name, { stream, args: [arg as string], membership, status: undefined });
      }
    }

    await this.answers([...asked.values()]);
    for (const { stream, args: names, membership, status } of asked.values()) {
      if (status?.state !== 'refused' && status?.state !== 'unavailable') continue;
      abandon(session, { stream, membership });
      asked.delete(stream.name);
      for (const arg of names)
        rejected.push({ arg, reason: `The exchange refused it: ${status.reason}`, code: 'EXCHANGE_REJECTED' });
    }

    const joined = await Promise.all(
      [...asked.values()].map(async (ask) => ({
        ...ask,
        since: since.get(ask.stream.name),
        found: await ask.membership.recover(since.get(ask.stream.name)),
      })),
    );
    const accepted = [
      ...already.map(({ arg, membership }): AcceptedArg => ({ arg, stream: membership.stream, position: membership.position() })),
      ...joined.flatMap(({ args: names, stream, found, since: from }) =>
        names.map((arg): AcceptedArg => ({
          arg,
          stream: stream.name,
          position: found,
          ...(from && { recovered: found.recovered }),
        })),
      ),
    ];
    const pending = joined.filter(({ status }) => status === undefined).flatMap(({ args: names }) => names);
    const release = () => {
      for (const { stream, membership, since: from, found } of joined) {
        if (from && !found.recovered && !isStateKind(stream.kind)) {
          session.send(session.door.gap(stream.name, from.epoch === found.epoch ? from.seq + 1 : 1, found, 'history_exceeded'));
        }
        membership.release();
      }
      this.tellStatus(session, joined);
    };
    return { accepted: inOrderOf(args, accepted), rejected, pending, release };
  }

  /** A subscription that can simply go on. One that is to resume, or that the exchange no longer serves, is begun anew. */
  private standing(session: Session, stream: string, since: ReadonlyMap<string, Position>): Subscribed | undefined {
    const known = session.subscriptions.get(stream);
    if (!known) return undefined;
    const state = this.hub.streamStatus(stream)?.state;
    if (!since.has(stream) && state !== 'refused' && state !== 'unavailable') return known;
    session.unsubscribe(stream);
    return undefined;
  }

  /** The stream that an arg names, if this client may have it; otherwise notes why not. */
  private admit(session: Session, arg: unknown, rejected: RejectedArg[]): Stream | undefined {
    const parsed = this.parse(arg);
    if ('refusal' in parsed) {
      rejected.push({ arg: shortened(arg), ...parsed.refusal });
      return undefined;
    }
    const { stream } = parsed;
    if (session.subscriptions.has(stream.name)) return stream;
    const answer = this.symbols.look(stream.market, stream.symbol);
    if (!answer.known) {
      const hint = answer.nearest.length > 0 ? ` Did you mean ${answer.nearest.join(', ')}?` : '';
      rejected.push({ arg, reason: `Unknown symbol on ${stream.market}: ${stream.symbol}.${hint}`, code: 'UNKNOWN_SYMBOL' });
      return undefined;
    }
    if (session.subscriptions.size >= this.options.maxSubscriptions) {
      const reason = `Max ${this.options.maxSubscriptions} subscriptions allowed. Unsubscribe from some first.`;
      rejected.push({ arg, reason, code: 'LIMIT_EXCEEDED' });
      return undefined;
    }
    return stream;
  }

  /** Waits until the exchange has answered for all, or the time is up: then some keep an undefined status. */
  private async answers(asked: readonly Asked[]): Promise<void> {
    for (const ask of asked) ask.status = ask.membership.answer();
    // A stream that somebody here listens to already is the usual case, and needs no timer.
    const open = asked.filter(({ status }) => status === undefined);
    if (open.length === 0) return;
    await new Promise<void>((resolve) => {
      const deadline = this.clock.after(this.options.timeoutMs, resolve);
      const each = open.map(async (ask) => {
        ask.status = await ask.membership.accepted();
      });
      void Promise.all(each).then(() => {
        deadline.cancel();
        resolve();
      });
    });
  }

  /** What an arg names. Clients ask for the same streams again and again; what was read once need not be read anew. */
  private parse(arg: unknown): ParsedArg {
    const known = this.parsed.get(arg);
    if (known) return known;
    const parsed = parseArg(arg, this.options.brand, this.options.markets);
    if (typeof arg !== 'string' || 'refusal' in parsed) return parsed;
    if (this.parsed.size >= MAX_PARSED) this.parsed.clear();
    this.parsed.set(arg, parsed);
    return parsed;
  }

  private positions(resume: Readonly<Record<string, Position>>): Map<string, Position> {
    const since = new Map<string, Position>();
    for (const [name, position] of Object.entries(resume)) {
      const parsed = this.parse(name);
      if ('stream' in parsed) since.set(parsed.stream.name, position);
    }
    return since;
  }

  /**
   * A client that joins while something is wrong is told so, as those were who were there before. An exchange that answered
   * after the deadline and before the reply is not told to joiners: a client that reads `pending` is told it here.
   */
  private tellStatus(session: Session, joined: readonly Pick<Asked, 'stream' | 'status'>[]): void {
    for (const market of new Set(joined.map(({ stream }) => stream.market))) {
      const status = this.hub.marketStatus(market);
      if (status && status.state !== 'live') session.marketStatus(status);
    }
    for (const { stream, status: answer } of joined) {
      const status = this.hub.streamStatus(stream.name);
      if (status && (status.state !== 'live' || !answer)) session.streamStatus(stream.name, status);
    }
  }
}

function abandon(session: Session, { stream, membership }: Pick<Asked, 'stream' | 'membership'>): void {
  membership.leave();
  session.subscriptions.delete(stream.name);
}

/** Accepted args as the client sent them, in its order. */
function inOrderOf(args: readonly unknown[], accepted: readonly AcceptedArg[]): AcceptedArg[] {
  const place = new Map<unknown, number>();
  args.forEach((arg, i) => place.set(arg, Math.min(place.get(arg) ?? i, i)));
  return [...accepted].sort((a, b) => (place.get(a.arg) ?? 0) - (place.get(b.arg) ?? 0));
}

const MAX_ECHO = 128;

/** What is echoed of an arg that could not be read: as it was sent, unless it is large or nested beyond reason. */
function shortened(arg: unknown): unknown {
  try {
    const text = typeof arg === 'string' ? arg : JSON.stringify(arg);
    return text.length > MAX_ECHO ? `${text.slice(0, MAX_ECHO)}…` : arg;
  } catch {
    return '…';
  }
}
