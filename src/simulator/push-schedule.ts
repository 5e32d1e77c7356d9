import type { Clock, Timer } from '../clock/clock';
import type { Random } from './random';
import type { SymbolMarket } from './symbol-market';
import type { TopicBoard } from './topic-board';
import type { TopicChannel } from './topic-channel';

const TURN_MS = 10;
/** Frames leave the gateway up to this long after the matching engine has spoken. */
const MOST_LAG_MS = 4;
/** After a stall the market does not catch up with more than this. */
const MOST_CATCH_UP_MS = 200;

/** The exchange's time. */
export interface ExchangeTime {
  now(): number;
}

/** Somebody besides the listeners for whom markets move: an account with orders that rest in them. */
interface Attendant {
  readonly markets: Iterable<SymbolMarket>;
  /** Markets have moved. */
  look(): void;
}

/** Moves the markets that somebody listens to, and pushes their topics. */
export class PushSchedule {
  private timer: Timer | undefined;
  private last = 0;
  private owed = 0;
  private turn = 0;

  constructor(
    private readonly board: Pick<TopicBoard, 'live'>,
    private readonly clock: Clock,
    private readonly time: ExchangeTime,
    private readonly random: Random,
    /** Frames per second in total; 0 for each topic's own push period. */
    private readonly rate: number,
    private readonly attendant: Attendant,
  ) {}

  start(): void {
    this.last = this.clock.now();
    this.timer = this.clock.every(TURN_MS, () => this.run());
  }

  stop(): void {
    this.timer?.cancel();
  }

  /** `events` things happen in every market that somebody listens to; then all that changed is pushed. Returns the frames. */
  step(events: number): number {
    const now = this.time.now();
    for (const market of this.moving()) for (let i = 0; i < events; i++) market.event(now);
    this.attendant.look();
    let frames = 0;
    for (const channel of this.board.live) frames += channel.publish(now);
    return frames;
  }

  private run(): void {
    const elapsed = Math.min(MOST_CATCH_UP_MS, this.clock.now() - this.last);
    this.last = this.clock.now();
    if (this.rate > 0) {
      this.move(this.attendant.markets, elapsed);
      this.pushRate(elapsed);
    } else {
      this.pushNaturally(elapsed);
    }
    this.attendant.look();
  }

  private pushNaturally(elapsed: number): void {
    const now = this.time.now();
    this.move(this.moving(), elapsed);
    for (const channel of this.board.live) if (now >= channel.due) channel.publish(now);
  }

  /** As many events as the markets' own paces want in so many milliseconds. */
  private move(markets: Iterable<SymbolMarket>, elapsed: number): void {
    const now = this.time.now();
    for (const market of markets) {
      const expected = (market.instrument.eventsPerSecond * elapsed) / 1000;
      let events = Math.floor(expected);
      if (this.random() < expected - events) events++;
      // Real markets move in bursts.
      if (events > 0 && this.random() < 0.1) events += 4;
      const then = now - 1 - Math.floor(this.random() * MOST_LAG_MS);
      for (let i = 0; i < events; i++) market.event(then);
    }
  }

  private moving(): Set<SymbolMarket> {
    const markets = listenedMarkets(this.board.live);
    for (const market of this.attendant.markets) markets.add(market);
    return markets;
  }

  /** Topics in turn, each made to have something to say. */
  private pushRate(elapsed: number): void {
    const channels = [...this.board.live];
    if (channels.length === 0) {
      this.owed = 0;
      return;
    }
    this.owed += (this.rate * elapsed) / 1000;
    const now = this.time.now();
    let idle = 0;
    while (this.owed >= 1 && idle < channels.length) {
      const channel = channels[this.turn++ % channels.length];
      if (!channel || isRare(channel, now)) {
        idle++;
        continue;
      }
      channel.feed.stir(now);
      const frames = channel.publish(now);
      this.owed -= frames;
      idle = frames === 0 ? idle + 1 : 0;
    }
  }
}

/** Liquidations keep their period at any rate: they are events, not a feed that can be asked for more. */
function isRare(channel: TopicChannel, now: number): boolean {
  return channel.topic.startsWith('allLiquidation.') && now < channel.due;
}

function listenedMarkets(channels: Iterable<TopicChannel>): Set<SymbolMarket> {
  const markets = new Set<SymbolMarket>();
  for (const channel of channels) for (const market of channel.markets) markets.add(market);
  return markets;
}
