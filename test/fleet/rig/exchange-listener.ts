import { WebSocket } from 'ws';
import { Reference } from '../checker/reference';

const AGAIN_AFTER_MS = 20;

/** Listens to the simulated exchange directly, without any gateway, and so knows what really happened. */
export class ExchangeListener {
  readonly reference = new Reference();
  private socket: WebSocket | undefined;
  private retry: NodeJS.Timeout | undefined;
  private over = false;

  constructor(
    private readonly url: string,
    private readonly topics: readonly string[],
  ) {}

  /** Resolves when the exchange has agreed to all topics. */
  async start(): Promise<void> {
    await new Promise<void>((resolve) => this.connect(resolve));
  }

  stop(): void {
    this.over = true;
    clearTimeout(this.retry);
    this.socket?.terminate();
  }

  private connect(agreed?: () => void): void {
    const socket = new WebSocket(`${this.url}/v5/public/linear`, { perMessageDeflate: false });
    this.socket = socket;
    socket.on('open', () => socket.send(JSON.stringify({ op: 'subscribe', args: this.topics })));
    socket.on('message', (bytes: Buffer) => {
      const frame = JSON.parse(bytes.toString()) as { op?: string; topic?: string };
      if (frame.op === 'subscribe') agreed?.();
      else if (frame.topic !== undefined) this.reference.frame('futures', frame);
    });
    socket.on('error', () => undefined);
    socket.on('close', () => {
      this.reference.interrupted();
      if (!this.over) this.retry = setTimeout(() => this.connect(agreed), AGAIN_AFTER_MS);
    });
  }
}
