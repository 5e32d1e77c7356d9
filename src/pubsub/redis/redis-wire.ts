import { type Market, MARKETS } from '../../streams/stream';
import type { Position, Publication } from '../publication';
import { decodeNotice, decodePublication, passOn, UnreadableBytes } from '../publication-codec';
import type { MarketStatus, StreamStatus } from '../status';
import type { Found, Wire, WireListener } from '../wire';
import type { Keys } from './keys';
import { owned } from './owned';
import type { RedisLink } from './redis-link';
import type { Scripts } from './scripts';

const NOWHERE: Found = { epoch: '', seq: 0, publications: [], recovered: false, status: undefined };

/** What the script answers: epoch, seq, status, recovered, snapshot, publications; nothing when nobody serves the stream. */
type Fetched = [Buffer?, Buffer?, Buffer?, number?, Buffer?, ...Buffer[]];

/** Told which stream is listened to now, so that whoever serves it need not wait for its next look at Redis. */
export interface Announcer {
  announce(stream: string): void;
}

/** Hears through Redis what whatever replica publishes. */
export class RedisWire implements Wire {
  /** Messages that no replica of this version wrote. */
  unreadable = 0;
  private listener: WireListener | undefined;

  constructor(
    private readonly link: RedisLink,
    private readonly keys: Keys,
    private readonly scripts: Scripts,
    private readonly announcer: Announcer,
  ) {
    const pass = (message: Buffer) => this.pass(message);
    link.hearData(pass);
    for (const market of MARKETS) link.hear(keys.ofMarket(market).told, pass);
  }

  hear(listener: WireListener): void {
    this.listener = listener;
    this.link.onWhole(() => listener.restored());
  }

  listen(stream: string): Promise<void> {
    this.announcer.announce(stream);
    return this.link.listen(this.keys.of(stream).channel);
  }

  unlisten(stream: string): void {
    this.link.unlisten(this.keys.of(stream).channel);
  }

  /** Of what another version of us wrote the place is known, and no more. */
  async fetch(stream: string, since?: Position): Promise<Found> {
    const { state, log, snap } = this.keys.of(stream);
    const place = since ? [since.epoch, since.seq] : ['', ''];
    const [epoch, seq, status, recovered, snapshot, ...followed] = (await this.link.ask(
      this.scripts.fetch,
      [state, log, snap],
      place,
    )) as Fetched;
    if (!epoch || !seq || !status || !snapshot) return NOWHERE;
    const encoded = snapshot.length > 0 ? [snapshot, ...followed] : followed;
    const publications = this.readable(() => encoded.map((bytes): Publication => decodePublication(owned(bytes))));
    // The log may begin before the newest snapshot, with what an older replica published.
    if (!publications && since) return this.fetch(stream);
    return {
      epoch: epoch.toString(),
      seq: Number(seq),
      publications: publications ?? [],
      recovered: recovered === 1 && publications !== undefined,
      status: this.readable(() => statusIn(status)),
    };
  }

  async fetchMarkets(): Promise<MarketStatus[]> {
    const statuses = await Promise.all(MARKETS.map((market) => this.fetchMarket(market)));
    return statuses.filter((status) => status !== undefined);
  }

  private pass(message: Buffer): void {
    const { listener } = this;
    if (listener) this.readable(() => passOn(owned(message), listener));
  }

  private readable<T>(read: () => T): T | undefined {
    try {
      return read();
    } catch (error) {
      if (!(error instanceof UnreadableBytes)) throw error;
      this.unreadable++;
      return undefined;
    }
  }

  private async fetchMarket(market: Market): Promise<MarketStatus | undefined> {
    const bytes = await this.link.ask(this.scripts.get, [this.keys.ofMarket(market).status], []);
    const notice = bytes === null ? undefined : this.readable(() => decodeNotice(bytes as Buffer));
    return notice?.notice === 'marketStatus' ? notice.status : undefined;
  }
}

function statusIn(bytes: Buffer): StreamStatus | undefined {
  const notice = bytes.length > 0 ? decodeNotice(bytes) : undefined;
  return notice?.notice === 'status' ? notice.status : undefined;
}
