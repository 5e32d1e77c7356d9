import { WebSocket } from 'ws';
import type { ClientOptions } from 'ws';

/** As much of a WebSocket client as a connection needs. */
export interface Socket {
  send(text: string): void;
  /** Politely: `closed` follows, at the latest a second later. */
  close(): void;
  /** At once: `closed` follows. */
  terminate(): void;
}

export interface SocketListener {
  opened(): void;
  /** A text frame. */
  text(text: string): void;
  /** The exchange sent bytes that are not text; only their number is told. */
  binary(bytes: number): void;
  /** Once, whether it was ever open or not. `detail` is for logs. */
  closed(detail: string): void;
}

export type Dial = (url: string, listener: SocketListener) => Socket;

const HANDSHAKE_TIMEOUT_MS = 10_000;
const CLOSE_TIMEOUT_MS = 1_000;
/** The largest real frames, 1000-level books and 1024 trades, stay under 300 kB. */
const MAX_PAYLOAD_BYTES = 4 * 1024 * 1024;

/** A burst is read in parts: after so long the loop turns, so that clients are answered and written to meanwhile. */
const READING_MS = 8;

/** The typings do not know closeTimeout yet: how long a polite close may take. */
const OPTIONS: ClientOptions & { closeTimeout: number } = {
  handshakeTimeout: HANDSHAKE_TIMEOUT_MS,
  closeTimeout: CLOSE_TIMEOUT_MS,
  maxPayload: MAX_PAYLOAD_BYTES,
};

/** Opens a real socket. Compression is offered, as ws does by itself: the exchange takes it without context takeover. */
export const dialWebSocket: Dial = (url, listener) => {
  const socket = new WebSocket(url, OPTIONS);
  let problem = '';
  let turnBegan: number | undefined;
  const nextTurn = (): void => {
    turnBegan = undefined;
    if (socket.isPaused) socket.resume();
  };
  const thisTurn = (): number => {
    setImmediate(nextTurn);
    return performance.now();
  };
  socket.on('open', () => listener.opened());
  socket.on('message', (data: Buffer, isBinary) => {
    turnBegan ??= thisTurn();
    if (isBinary) listener.binary(data.length);
    else listener.text(data.toString());
    if (performance.now() - turnBegan > READING_MS) socket.pause();
  });
  // ws closes the socket after every error; what it was is worth a log line.
  socket.on('error', (error) => (problem = error.message));
  socket.on('close', (code, reason) => listener.closed(problem || `closed with ${code} ${reason.toString()}`.trim()));
  return {
    send(text) {
      if (socket.readyState === WebSocket.OPEN) socket.send(text);
    },
    close: () => socket.close(1000),
    terminate: () => socket.terminate(),
  };
};
