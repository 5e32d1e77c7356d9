import type { Clock } from '../clock/clock';
import type { Position, Recovery } from '../pubsub/publication';
import { isRefusal, type StreamStatus } from '../pubsub/status';
import { isStateKind, type ExchangeMarket, type Market, type Stream } from '../streams/stream';
import type { SymbolDirectory } from '../streams/symbol-directory';
import type { Hub } from '../subscriptions/hub';
import type { Membership } from '../subscriptions/membership';
import { KnownArgs, shortened } from './known-args';
import type { Session, Subscribed } from './session';
import type { AcceptedArg, RejectedArg, SubscribeOutcome } from './subscribe-outcome';

export interface SubscribingOptions {
  readonly brand: string;
  readonly markets: ReadonlySet<ExchangeMarket>;
  readonly maxSubscriptions: number;
  /** How long the exchange may take to answer before the client is told `pending`. */
  readonly timeoutMs: number;
}

const NOTHING: SubscribeOutcome = { accepted: [], rejected: [], pending: [], release: () => undefined };

/** A stream that this request has asked for. */
interface Asked {
  readonly stream: Stream;
  readonly membership: Membership;
  readonly since: Position | undefined;
  status: StreamStatus | undefined;
  found: Recovery | undefined;
}

/** One arg of a request that was not rejected at once, in the client's order. */
interface Wanted {
  readonly arg: string;
  readonly membership: Membership;
  /** Undefined for a subscription that simply goes on. */
  readonly asked: Asked | undefined;
}

/** What becomes of one request to subscribe. */
interface Request {
  readonly session: Session;
  readonly wanted: readonly Wanted[];
  /** By stream name. */
  readonly asked: Map<string, Asked>;
  readonly rejected: RejectedArg[];
}

/** What it takes to let a client listen, whichever protocol it speaks. */
export class Subscribing {
  private readonly args: KnownArgs;

  constructor(
    private readonly hub: Hub,
    private readonly symbols: SymbolDirectory,
    private readonly clock: Clock,
    private readonly options: SubscribingOptions,
  ) {
    this.args = new KnownArgs(options.brand, options.markets);
  }

  /**
   * At once, when everything that is asked for is known on this process: 10,000 clients that come together then cost no promises.
   * Throws or rejects only when something inside failed; the client then stands as before.
   * @param resume where the client left off, by any name of a stream
   */
  subscribe(
    session: Session,
    args: readonly unknown[],
    resume: Readonly<Record<string, Position>> = {},
  ): SubscribeOutcome | Promise<SubscribeOutcome> {
    // It may have ended since its message was taken up; nobody would ever leave what it joined now.
    if (session.closing) return NOTHING;
    const asked = new Map<string, Asked>();
    const fail = (error: unknown): never => {
      for (const ask of asked.values()) abandon(session, ask);
      throw error;
    };
    try {
      const request = this.join(session, args, resume, asked);
      const waiting = this.answers(request);
      const outcome = waiting ? waiting.then(() => this.find(request)) : this.find(request);
      return 'then' in outcome ? outcome.catch(fail) : outcome;
    } catch (error) {
      return fail(error);
    }
  }

  /** Unknown streams are none of the client's subscriptions and count as already left; `left` counts those that were. */
  unsubscribe(session: Session, args: readonly unknown[]): { accepted: string[]; left: number; rejected: RejectedArg[] } {
    const accepted: string[] = [];
    const rejected: RejectedArg[] = [];
    let left = 0;
    for (const arg of args) {
      const parsed = this.args.read(arg);
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
  private join(
    session: Session,
    args: readonly unknown[],
    resume: Readonly<Record<string, Position>>,
    asked: Map<string, Asked>,
  ): Request {
    const since = this.args.positions(resume);
    const rejected: RejectedArg[] = [];
    const wanted: Wanted[] = [];
    for (const arg of args) {
      const stream = this.admit(session, arg, rejected);
      if (!stream) continue;
      const { name } = stream;
      const known = asked.has(name) ? undefined : this.standing(session, name, since);
      if (known) {
        wanted.push({ arg: arg as string, membership: known.membership, asked: undefined });
        continue;
      }
      let ask = asked.get(name);
      if (!ask) {
        const membership = this.hub.join(stream, session);
        session.subscriptions.set(name, { arg: arg as string, membership });
        ask = { stream, membership, since: since.get(name), status: undefined, found: undefined };
        asked.set(name, ask);
      }
      wanted.push({ arg: arg as string, membership: ask.membership, asked: ask });
    }
    return { session, wanted, asked, rejected };
  }

  /** Where each stream begins that the exchange has not refused. */
  private find(request: Request): SubscribeOutcome | Promise<SubscribeOutcome> {
    const { session, asked } = request;
    const waiting: Promise<unknown>[] = [];
    for (const [name, ask] of asked) {
      if (isRefusal(ask.status)) {
        abandon(session, ask);
        asked.delete(name);
        continue;
      }
      const found = ask.membership.recover(ask.since);
      if ('then' in found) waiting.push(found.then((later) => (ask.found = later)));
      else ask.found = found;
    }
    return waiting.length === 0 ? this.outcome(request) : Promise.all(waiting).then(() => this.outcome(request));
  }

  private outcome({ session, wanted, asked, rejected }: Request): SubscribeOutcome {
    const accepted: AcceptedArg[] = [];
    const pending: string[] = [];
    for (const { arg, membership, asked: ask } of wanted) {
      if (!ask) accepted.push({ arg, stream: membership.stream, position: membership.position() });
      else if (ask.found) {
        const { stream, since, status, found } = ask;
        accepted.push({ arg, stream: stream.name, position: found, ...(since && { recovered: found.recovered }) });
        if (!status) pending.push(arg);
      } else rejected.push({ arg, reason: `The exchange refused it: ${ask.status?.reason ?? ''}`, code: 'EXCHANGE_REJECTED' });
    }
    return { accepted, rejected, pending, release: () => this.release(session, [...asked.values()]) };
  }

  private release(session: Session, asked: readonly Asked[]): void {
    const markets = new Set<Market>();
    for (const { stream, membership, since, found } of asked) {
      if (!found) continue;
      markets.add(stream.market);
      // Of a stream that nobody serves yet, the gap comes with its epoch as soon as somebody does.
      if (since && !found.recovered && !isStateKind(stream.kind) && found.epoch !== '') {
        session.send(session.door.gap(stream.name, since.epoch === found.epoch ? since.seq + 1 : 1, found, 'history_exceeded'));
      }
      membership.release();
    }
    this.tellStatus(session, markets, asked);
  }

  /** A subscription that can simply go on. One that is to resume, or that the exchange no longer serves, is begun anew. */
  private standing(session: Session, stream: string, since: ReadonlyMap<string, Position>): Subscribed | undefined {
    const known = session.subscriptions.get(stream);
    if (!known) return undefined;
    if (!since.has(stream) && !isRefusal(this.hub.streamStatus(stream))) return known;
    session.unsubscribe(stream);
    return undefined;
  }

  /** The stream that an arg names, if this client may have it; otherwise notes why not. */
  private admit(session: Session, arg: unknown, rejected: RejectedArg[]): Stream | undefined {
    const parsed = this.args.read(arg);
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
  private answers({ asked }: Request): Promise<void> | undefined {
    // A stream that somebody here listens to already is the usual case, and needs no timer.
    const open: Asked[] = [];
    for (const ask of asked.values()) {
      ask.status = ask.membership.answer();
      if (!ask.status) open.push(ask);
    }
    if (open.length === 0) return undefined;
    return new Promise<void>((resolve) => {
      let over = false;
      const deadline = this.clock.after(this.options.timeoutMs, () => {
        over = true;
        resolve();
      });
      const each = open.map(async (ask) => {
        const status = await ask.membership.accepted();
        // What comes later is told apart from the reply.
        if (!over) ask.status = status;
      });
      void Promise.all(each).then(() => {
        deadline.cancel();
        resolve();
      });
    });
  }

  /**
   * A client that joins while something is wrong is told so, as those were who were there before. An exchange that answered
   * after the deadline and before the reply is not told to joiners: a client that reads `pending` is told it here.
   */
  private tellStatus(session: Session, markets: ReadonlySet<Market>, asked: readonly Asked[]): void {
    for (const market of markets) {
      const status = this.hub.marketStatus(market);
      if (status && status.state !== 'live') session.marketStatus(status);
    }
    for (const { stream, status: answer, found } of asked) {
      const status = found && this.hub.streamStatus(stream.name);
      if (status && (status.state !== 'live' || !answer)) session.streamStatus(stream.name, status);
    }
  }
}

function abandon(session: Session, { stream, membership }: Pick<Asked, 'stream' | 'membership'>): void {
  membership.leave();
  session.subscriptions.delete(stream.name);
}
