import type { Duplex } from 'node:stream';
import { MARKETS } from '../../streams/stream';
import type { Recovery } from '../publication';
import { encodeNotice, encodePublication, type Notice } from '../publication-codec';
import type { Listening, StreamListener } from '../pubsub';
import { FrameReader } from './frame-reader';
import { FrameWriter, type WriteTiming } from './frame-writer';
import { encodeFound, FrameKind, type Request } from './messages';

/** What workers may listen to. */
export interface Hosted extends Listening {
  /** Hears which epoch of a stream was opened; undefined: it was closed. Where nobody tells, the first publication does. */
  onEpoch?(listener: (stream: string, epoch: string | undefined) => void): void;
}

const NOTHING = Buffer.alloc(0);

/** Lets workers listen to what is published in this process. Every publication is encoded once, however many hear it. */
export class IpcHost {
  private readonly listeners = new Map<string, { readonly listener: StreamListener; readonly writers: Set<FrameWriter> }>();
  private readonly workers = new Set<FrameWriter>();

  /** Frames that workers which were too far behind have lost. */
  dropped = 0;

  constructor(
    private readonly pubsub: Hosted,
    private readonly timing: WriteTiming,
  ) {}

  start(): void {
    this.pubsub.onMarketStatus((status) => {
      const bytes = encodeNotice({ notice: 'marketStatus', status });
      for (const writer of this.workers) writer.send(FrameKind.HEARD, bytes);
    });
    this.pubsub.onEpoch?.((stream, epoch) =>
      this.notice(epoch === undefined ? { notice: 'closed', stream } : { notice: 'opened', stream, epoch }),
    );
  }

  /** Serves a worker until its socket closes, which ends its demand. */
  serve(socket: Duplex): void {
    const writer = new FrameWriter(socket, this.timing, () => {
      this.dropped += writer.dropped;
      writer.dropped = 0;
      writer.send(FrameKind.RESTORED, NOTHING);
    });
    this.workers.add(writer);
    const reader = new FrameReader((_, body) => this.request(writer, JSON.parse(String(body)) as Request));
    socket.on('data', (chunk: Buffer) => reader.push(chunk));
    // What follows an error is the close.
    socket.on('error', () => undefined);
    socket.once('close', () => {
      this.workers.delete(writer);
      for (const [stream] of this.listeners) this.unlisten(stream, writer);
    });
  }

  private request(writer: FrameWriter, request: Request): void {
    switch (request.op) {
      case 'listen':
        this.listen(request.stream, writer);
        break;
      case 'unlisten':
        this.unlisten(request.stream, writer);
        break;
      case 'fetch':
        this.fetch(writer, request);
        break;
      case 'fetchMarkets': {
        const statuses = MARKETS.flatMap((market) => this.pubsub.marketStatus(market) ?? []);
        writer.send(FrameKind.MARKETS, Buffer.from(JSON.stringify({ id: request.id, statuses })));
      }
    }
  }

  private listen(stream: string, writer: FrameWriter): void {
    const known = this.listeners.get(stream);
    if (known) {
      known.writers.add(writer);
      return;
    }
    const writers = new Set([writer]);
    const listener: StreamListener = {
      publication: (publication) => {
        const bytes = encodePublication(publication);
        for (const one of writers) one.send(FrameKind.HEARD, bytes);
      },
      status: (status) => this.notice({ notice: 'status', stream, status }),
    };
    this.listeners.set(stream, { listener, writers });
    this.pubsub.subscribe(stream, listener);
  }

  private unlisten(stream: string, writer: FrameWriter): void {
    const known = this.listeners.get(stream);
    if (!known?.writers.delete(writer) || known.writers.size > 0) return;
    this.listeners.delete(stream);
    this.pubsub.unsubscribe(stream, known.listener);
  }

  private notice(notice: Exclude<Notice, { notice: 'marketStatus' }>): void {
    const writers = this.listeners.get(notice.stream)?.writers;
    if (!writers) return;
    const bytes = encodeNotice(notice);
    for (const writer of writers) writer.send(FrameKind.HEARD, bytes);
  }

  private fetch(writer: FrameWriter, { id, stream, since }: Extract<Request, { op: 'fetch' }>): void {
    const answer = (recovery: Recovery) => {
      const found = { ...recovery, status: this.pubsub.streamStatus(stream) };
      writer.send(FrameKind.FOUND, encodeFound(id, found));
    };
    const recovery = this.pubsub.recover(stream, since);
    // At once where that is possible: nothing may be heard before this answer that is newer than it.
    if (!(recovery instanceof Promise)) answer(recovery);
    else recovery.then(answer, () => writer.send(FrameKind.FAILED, numberOf(id)));
  }
}

function numberOf(id: number): Buffer {
  const bytes = Buffer.allocUnsafe(4);
  bytes.writeUInt32LE(id);
  return bytes;
}
