import type { IncomingMessage, ServerResponse } from 'node:http';
import { ControlError, runFault } from './fault-command';
import type { Faults } from './faults';

const MAX_BODY_BYTES = 64 * 1024;

/** `GET /control`, `POST /control/faults`, `DELETE /control/faults`: faults by hand, from this machine only. */
export class ControlEndpoint {
  constructor(
    private readonly faults: Faults,
    private readonly describe: () => object,
  ) {}

  serve(request: IncomingMessage, response: ServerResponse, path: string): void {
    const answer = (status: number, body: object): void => {
      response.writeHead(status, { 'content-type': 'application/json' });
      response.end(`${JSON.stringify(body)}\n`);
    };
    if (!isLoopback(request.socket.remoteAddress)) {
      answer(403, { error: 'control is for this machine only' });
      return;
    }
    switch (`${request.method ?? ''} ${path}`) {
      case 'GET /control': {
        answer(200, { ...this.describe(), faults: this.faults.active() });
        return;
      }
      case 'DELETE /control/faults':
        this.faults.clear();
        {
          answer(200, { cleared: true });
          return;
        }
      case 'POST /control/faults': {
        this.post(request, answer);
        return;
      }
      default: {
        answer(404, { error: 'there are GET /control, POST /control/faults and DELETE /control/faults' });
        return;
      }
    }
  }

  private post(request: IncomingMessage, answer: (status: number, body: object) => void): void {
    const chunks: Buffer[] = [];
    let size = 0;
    request.on('data', (chunk: Buffer) => {
      size += chunk.length;
      if (size <= MAX_BODY_BYTES) chunks.push(chunk);
    });
    request.on('end', () => {
      if (size > MAX_BODY_BYTES) {
        answer(413, { error: `the body may have ${MAX_BODY_BYTES} bytes` });
        return;
      }
      try {
        answer(200, { fault: runFault(this.faults, Buffer.concat(chunks).toString()) });
      } catch (error) {
        if (!(error instanceof ControlError)) throw error;
        answer(400, { error: error.message });
      }
    });
  }
}

function isLoopback(address: string | undefined): boolean {
  return address === '127.0.0.1' || address === '::1' || address === '::ffff:127.0.0.1';
}
