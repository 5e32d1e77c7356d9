import type { Duplex } from 'node:stream';
import type { Position } from '../publication';
import { passOn } from '../publication-codec';
import type { MarketStatus } from '../status';
import type { Found, Wire, WireListener } from '../wire';
import { FrameReader } from './frame-reader';
import { FrameWriter, type WriteTiming } from './frame-writer';
import { decodeFound, FrameKind, type Request } from './messages';

interface Waiting {
  found(found: Found): void;
  markets(statuses: MarketStatus[]): void;
  failed(error: Error): void;
}

/** The path from the upstream's process to this worker. Ordered; loses something only when this process is far behind. */
export class IpcWire implements Wire {
  private readonly writer: FrameWriter;
  private readonly waiting = new Map<number, Partial<Waiting> & Pick<Waiting, 'failed'>>();
  private listener: WireListener | undefined;
  private asked = 0;
  private broken = false;

  constructor(
    private readonly socket: Duplex,
    timing: WriteTiming,
  ) {
    this.writer = new FrameWriter(socket, timing);
  }

  hear(listener: WireListener): void {
    this.listener = listener;
    const reader = new FrameReader((kind, body) => this.frame(kind, body));
    this.socket.on('data', (chunk: Buffer) => reader.push(chunk));
    // What follows an error is the close.
    this.socket.on('error', () => undefined);
    this.socket.once('close', () => {
      this.broken = true;
      this.failAll();
    });
  }

  /** Resolves at once: whatever is asked next is asked after this, so a fetch's answer and what is heard have no hole between them. */
  listen(stream: string): Promise<void> {
    if (this.broken) return Promise.reject(new WireBroken());
    this.send({ op: 'listen', stream });
    return Promise.resolve();
  }

  unlisten(stream: string): void {
    this.send({ op: 'unlisten', stream });
  }

  fetch(stream: string, since?: Position): Promise<Found> {
    return new Promise((found, failed) => this.ask({ op: 'fetch', stream, ...(since && { since }) }, { found, failed }));
  }

  fetchMarkets(): Promise<MarketStatus[]> {
    return new Promise((markets, failed) => this.ask({ op: 'fetchMarkets' }, { markets, failed }));
  }

  private ask(
    question: { op: 'fetch'; stream: string; since?: Position } | { op: 'fetchMarkets' },
    waiting: Partial<Waiting> & Pick<Waiting, 'failed'>,
  ): void {
    if (this.broken) {
      waiting.failed(new WireBroken());
      return;
    }
    const id = ++this.asked;
    this.waiting.set(id, waiting);
    this.send({ ...question, id });
  }

  private send(request: Request): void {
    if (!this.broken) this.writer.send(FrameKind.REQUEST, Buffer.from(JSON.stringify(request)));
  }

  private frame(kind: number, body: Buffer): void {
    switch (kind) {
      case FrameKind.HEARD:
        // A copy: one small message that is kept must not keep the whole chunk it came in.
        if (this.listener) passOn(Buffer.from(body), this.listener);
        break;
      case FrameKind.FOUND: {
        const { id, found } = decodeFound(Buffer.from(body));
        this.take(id)?.found?.(found);
        break;
      }
      case FrameKind.MARKETS: {
        const { id, statuses } = JSON.parse(String(body)) as { id: number; statuses: MarketStatus[] };
        this.take(id)?.markets?.(statuses);
        break;
      }
      case FrameKind.FAILED:
        this.take(body.readUInt32LE())?.failed(new WireBroken());
        break;
      case FrameKind.RESTORED:
        this.failAll();
        this.listener?.restored();
    }
  }

  private take(id: number) {
    const waiting = this.waiting.get(id);
    this.waiting.delete(id);
    return waiting;
  }

  private failAll(): void {
    const all = [...this.waiting.values()];
    this.waiting.clear();
    for (const { failed } of all) failed(new WireBroken());
  }
}

/** What was asked or told has got lost, or would. */
class WireBroken extends Error {
  override readonly name = 'WireBroken';

  constructor() {
    super('the path to the process with the upstream is broken');
  }
}
