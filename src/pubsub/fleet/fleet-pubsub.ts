import type { Clock } from '../../clock/clock';
import type { Arbiter, Verdict } from '../../duty/duty';
import type { Market } from '../../streams/stream';
import type { InProcessPubSub } from '../in-process';
import { marketIn } from '../market-in';
import type { Position, Publication, Recovery } from '../publication';
import type { Demand, Inherited, Listening, PubSub, SnapshotSource, StreamListener } from '../pubsub';
import type { MarketStatus, StreamStatus } from '../status';
import type { Wire } from '../wire';
import type { FencedPublishing } from './claiming';
import { FleetMode, type FleetLink } from './fleet-mode';
import { Gate } from './gate';
import type { LeaseStore } from './lease-store';
import type { FleetLog } from './log';

/** What probes are told while there is no fleet, and what clients are told when that begins. */
const ALONE_REASON = 'Redis is out of reach: this replica uses an upstream of its own';
const ALONE_NOTICE = 'upstream replaced';
/** Its lease decides who is on duty for the fleet. */
const DUTY: Market = 'account';

export interface FleetDeps {
  readonly link: FleetLink;
  /** What is published for all replicas. */
  readonly publishing: FencedPublishing;
  /** Where all replicas hear it. */
  readonly wire: Wire;
  /** What any replica listens to. */
  readonly demand: Pick<Demand, 'wanted' | 'onDemand'>;
  readonly store: LeaseStore;
  /** A meeting point for this replica alone, and the wire to it. */
  readonly local: () => { readonly pubsub: InProcessPubSub; readonly wire: Wire };
  /** The listeners of this replica, on {@link wire} at first. */
  readonly listening: FleetListening;
  readonly clock: Clock;
  readonly random: () => number;
  readonly log: FleetLog;
}

export interface FleetListening extends Listening {
  counts(): { readonly channels: number; readonly listeners: number };
  /** Goes on over another wire, listening to everything there before this returns; see `Tailing.use`. */
  use(wire: Wire, vouched: boolean): void;
  vouch(market: Market): void;
}

/**
 * A replica's place in the fleet. Shared: what the holders of the leases publish through Redis, and own upstreams for the markets whose
 * lease is held here. Alone, while Redis is lost: an upstream and epochs of its own. Listeners stay through every change.
 */
export class FleetPubSub implements PubSub {
  /** Publications that came when another replica held the market. */
  unheld = 0;
  private readonly gate: Gate;
  private readonly mode: FleetMode;
  /** Markets whose holder was seen to be alive since we share its upstream. */
  private readonly alive = new Set<Market>();
  private verdict: Verdict = 'unknown';
  private readonly verdictListeners: (() => void)[] = [];
  /** While alone. */
  private local: InProcessPubSub | undefined;
  private readonly demandListeners: ((stream: string, wanted: boolean) => void)[] = [];
  private readonly releaseListeners: ((market: Market) => void)[] = [];
  private readonly takeoverListeners: ((market: Market, reason: string) => void)[] = [];

  /**
   * @param id of this replica, unique in the fleet
   * @param markets that this replica can serve
   */
  constructor(
    id: string,
    private readonly markets: readonly Market[],
    private readonly deps: FleetDeps,
  ) {
    this.gate = new Gate(
      markets,
      { ...deps, id, told: (market) => deps.listening.marketStatus(market) },
      {
        demand: (stream, wanted) => this.tellDemand(stream, wanted),
        takeover: (market, reason) => this.tellTakeover(market, reason),
        release: (market) => this.tellRelease(market),
        holder: (market, verdict) => {
          if (market === DUTY) this.judge(verdict);
        },
        alive: (market) => {
          this.alive.add(market);
          this.vouchFor(market);
        },
      },
    );
    deps.listening.onMarketStatus(({ market }) => this.vouchFor(market));
    this.mode = new FleetMode(deps.link, deps.clock, {
      alone: () => this.goAlone(),
      shared: () => this.share(),
    });
  }

  /** Redis's word on who is on duty: who has the lease of the account. Nothing is known of it while alone. */
  arbiter(): Arbiter {
    const verdict = () => this.verdict;
    return {
      get verdict() {
        return verdict();
      },
      onVerdict: (listener) => this.verdictListeners.push(listener),
    };
  }

  /** Once, before anything is heard of Redis. */
  connect(): void {
    this.gate.connect();
  }

  start(): void {
    this.gate.start();
    this.mode.start();
  }

  /**
   * Hands the markets that are held here over to other replicas and publishes until they have them, or the time is up. Streams stay
   * as they are for whoever goes on.
   */
  async leave(withinMs: number): Promise<void> {
    this.mode.stop();
    this.judge('others');
    if (!this.local) await this.gate.leave(withinMs);
    for (const market of this.markets) this.tellRelease(market);
  }

  subscribe(stream: string, listener: StreamListener): void {
    this.deps.listening.subscribe(stream, listener);
  }

  unsubscribe(stream: string, listener: StreamListener): void {
    this.deps.listening.unsubscribe(stream, listener);
  }

  streamStatus(stream: string): StreamStatus | undefined {
    return this.deps.listening.streamStatus(stream);
  }

  marketStatus(market: Market): MarketStatus | undefined {
    return this.deps.listening.marketStatus(market);
  }

  onMarketStatus(listener: (status: MarketStatus) => void): void {
    this.deps.listening.onMarketStatus(listener);
  }

  recover(stream: string, since?: Position): Recovery | Promise<Recovery> {
    return this.deps.listening.recover(stream, since);
  }

  inherited(stream: string): Inherited | undefined {
    return this.local ? undefined : this.deps.publishing.inherited(stream);
  }

  publish(publication: Publication, snapshot: SnapshotSource | undefined): void {
    if (this.local) this.local.publish(publication, snapshot);
    else if (this.gate.holds(publication.market)) this.deps.publishing.publish(publication, snapshot);
    else this.unheld++;
  }

  open(stream: string, epoch: string): void {
    if (this.local) this.local.open(stream, epoch);
    else if (this.gate.holds(marketIn(stream))) this.deps.publishing.open(stream, epoch);
  }

  close(stream: string): void {
    if (this.local) {
      this.local.close(stream);
      return;
    }
    if (this.gate.holds(marketIn(stream))) this.deps.publishing.close(stream);
    this.gate.closed(stream);
  }

  setStreamStatus(stream: string, status: StreamStatus): void {
    if (this.local) this.local.setStreamStatus(stream, status);
    else if (this.gate.holds(marketIn(stream))) this.deps.publishing.setStreamStatus(stream, status);
  }

  setMarketStatus(status: MarketStatus): void {
    if (this.local) this.local.setMarketStatus(status);
    else if (this.gate.holds(status.market)) this.deps.publishing.setMarketStatus(status);
  }

  wanted(): Iterable<string> {
    return this.local ? this.local.wanted() : this.gate.wanted();
  }

  onDemand(listener: (stream: string, wanted: boolean) => void): void {
    this.demandListeners.push(listener);
  }

  onRelease(listener: (market: Market) => void): void {
    this.releaseListeners.push(listener);
  }

  onTakeover(listener: (market: Market, reason: string) => void): void {
    this.takeoverListeners.push(listener);
  }

  counts(): { readonly channels: number; readonly listeners: number } {
    return this.deps.listening.counts();
  }

  healthy(): boolean {
    return this.deps.link.whole;
  }

  /** How this replica stands in the fleet, for health and metrics. */
  report(): FleetReport {
    const { mode, since } = this.mode;
    return { mode, since, reason: mode === 'alone' ? ALONE_REASON : '', markets: this.gate.report() };
  }

  private goAlone(): void {
    this.deps.log.warn({ reason: this.deps.link.reason }, 'Redis is lost: this replica goes on alone');
    this.gate.stop();
    this.judge('unknown');
    for (const market of this.markets) this.tellRelease(market);
    const { pubsub, wire } = this.deps.local();
    this.local = pubsub;
    this.deps.listening.use(wire, true);
    // What is listened to now was served by somebody until now.
    for (const market of new Set([...pubsub.wanted()].map(marketIn))) this.tellTakeover(market, ALONE_NOTICE);
    for (const stream of pubsub.wanted()) this.tellDemand(stream, true);
    pubsub.onDemand((stream, wanted) => {
      if (this.local === pubsub) this.tellDemand(stream, wanted);
    });
  }

  private share(): void {
    this.deps.log.info({}, 'Redis is back: this replica shares the upstream of the fleet');
    for (const market of this.markets) this.tellRelease(market);
    this.local = undefined;
    this.alive.clear();
    // The holder of a market may have died just now, and what it said last may be older than what we have shown meanwhile.
    this.deps.listening.use(this.deps.wire, false);
    this.gate.start();
  }

  /** A holder that took over says that the market is not live until it has brought its streams anew. */
  private vouchFor(market: Market): void {
    const { listening } = this.deps;
    if (this.alive.has(market) && (listening.marketStatus(market)?.state ?? 'live') === 'live') listening.vouch(market);
  }

  private judge(verdict: Verdict): void {
    if (verdict === this.verdict) return;
    this.verdict = verdict;
    for (const hear of this.verdictListeners) hear();
  }

  private tellDemand(stream: string, wanted: boolean): void {
    for (const hear of this.demandListeners) hear(stream, wanted);
  }

  private tellRelease(market: Market): void {
    for (const hear of this.releaseListeners) hear(market);
  }

  private tellTakeover(market: Market, reason: string): void {
    for (const hear of this.takeoverListeners) hear(market, reason);
  }
}

export interface FleetReport {
  readonly mode: 'shared' | 'alone';
  /** When that began, ms since 1970. */
  readonly since: number;
  /** Why it is alone; empty while it is not. Safe to show. */
  readonly reason: string;
  readonly markets: readonly { readonly market: Market; readonly held: boolean; readonly failovers: number }[];
}
