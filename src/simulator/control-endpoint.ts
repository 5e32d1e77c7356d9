import type { IncomingMessage, ServerResponse } from 'node:http';
import { ControlError } from './command-fields';
import { readBody } from './request-body';

/** What can be commanded and looked at. */
interface Controls {
  describe(): object;
  describeAccount(): object;
  clearFaults(): void;
  /** Both throw a {@link ControlError} for a wrong command. */
  fault(body: string): object;
  account(body: string): object;
}

type Answer = (status: number, body: object) => void;

/** Faults by hand and the account's doings, from this machine only. */
export class ControlEndpoint {
  constructor(private readonly controls: Controls) {}

  serve(request: IncomingMessage, response: ServerResponse, path: string): void {
    const answer: Answer = (status, body) => {
      response.writeHead(status, { 'content-type': 'application/json' });
      response.end(`${JSON.stringify(body)}\n`);
    };
    if (!isLoopback(request.socket.remoteAddress)) {
      answer(403, { error: 'control is for this machine only' });
      return;
    }
    const { controls } = this;
    switch (`${request.method ?? ''} ${path}`) {
      case 'GET /control':
        answer(200, controls.describe());
        return;
      case 'GET /control/account':
        answer(200, controls.describeAccount());
        return;
      case 'DELETE /control/faults':
        controls.clearFaults();
        answer(200, { cleared: true });
        return;
      case 'POST /control/faults':
        command(request, answer, (body) => ({ fault: controls.fault(body) }));
        return;
      case 'POST /control/account':
        command(request, answer, (body) => ({ account: controls.account(body) }));
        return;
      default:
        answer(404, {
          error: 'there are GET /control, POST and DELETE /control/faults, GET and POST /control/account',
        });
    }
  }
}

function command(request: IncomingMessage, answer: Answer, run: (body: string) => object): void {
  readBody(request, (body) => {
    if (body === undefined) {
      answer(413, { error: 'the body is too long' });
      return;
    }
    try {
      answer(200, run(body));
    } catch (error) {
      if (!(error instanceof ControlError)) throw error;
      answer(400, { error: error.message });
    }
  });
}

function isLoopback(address: string | undefined): boolean {
  return address === '127.0.0.1' || address === '::1' || address === '::ffff:127.0.0.1';
}
