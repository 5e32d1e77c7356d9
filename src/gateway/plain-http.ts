import type { IncomingMessage, Server } from 'node:http';
import type { Duplex } from 'node:stream';

/** Says only how the client would rather speak. */
const OFFERS = new Set(['upgrade', 'http2-settings']);

/** Whether a client asks for a WebSocket. Others offer what we do not speak: Java's HTTP client and `curl --http2` offer h2c in what is a usual request. */
export function wantsWebSocket({ headers }: IncomingMessage): boolean {
  return (headers.upgrade ?? '').split(',').some((protocol) => protocol.trim().toLowerCase() === 'websocket');
}

/**
 * Hears of upgrades, and has what is none served as if it had offered nothing (RFC 9110, 7.8).
 * @param isOne whether a request is to be heard of
 */
export function hearUpgrades(
  http: Server,
  isOne: (request: IncomingMessage) => boolean,
  upgrade: (request: IncomingMessage, socket: Duplex, head: Buffer) => void,
): void {
  // Node asks this since 22.21 and 24.9. Before that any offer counts as an upgrade as soon as anybody hears of those.
  Object.assign(http, { shouldUpgradeCallback: isOne });
  http.on('upgrade', (request, socket, head) => {
    if (isOne(request)) upgrade(request, socket, head);
    else servePlainly(http, request, socket, head);
  });
}

/** Sends a request through Node's parser once more, without its offers. @param head what came after the headers */
function servePlainly(http: Server, request: IncomingMessage, socket: Duplex, head: Buffer): void {
  const lines = [`${request.method ?? ''} ${request.url ?? ''} HTTP/${request.httpVersion}`];
  for (let i = 0; i < request.rawHeaders.length; i += 2) {
    const [name = '', value = ''] = request.rawHeaders.slice(i, i + 2);
    const kept = name.toLowerCase() === 'connection' ? withoutOffers(value) : value;
    if (!OFFERS.has(name.toLowerCase()) && kept !== '') lines.push(`${name}: ${kept}`);
  }
  socket.unshift(Buffer.concat([Buffer.from(`${lines.join('\r\n')}\r\n\r\n`, 'latin1'), head]));
  http.emit('connection', socket);
}

/** What else a Connection header says, such as `close`. */
function withoutOffers(value: string): string {
  const options = value.split(',').map((option) => option.trim());
  return options.filter((option) => !OFFERS.has(option.toLowerCase())).join(', ');
}
