import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AccountRest } from './account/account-rest';
import type { ControlEndpoint } from './control-endpoint';
import type { RestFault } from './faults';
import { readBody } from './request-body';
import type { RestApi } from './rest-api';

/** Where HTTP comes in: control, public REST, and the signed calls about the account. */
export class HttpDoor {
  constructor(
    private readonly control: ControlEndpoint,
    private readonly rest: RestApi,
    private readonly account: AccountRest,
    private readonly faults: { takeRestFault(): RestFault | undefined },
  ) {}

  serve(request: IncomingMessage, response: ServerResponse): void {
    const url = new URL(request.url ?? '/', 'http://localhost');
    if (url.pathname.startsWith('/control')) {
      this.control.serve(request, response, url.pathname);
      return;
    }
    const fault = this.faults.takeRestFault();
    if (fault === 'timeout') return;
    if (fault !== undefined) send(response, fault, undefined);
    else if (request.method === 'POST') readBody(request, (body) => this.post(request, response, url, body));
    else send(response, 404, request.method === 'GET' ? this.get(request, url) : undefined);
  }

  private get(request: IncomingMessage, url: URL): object | undefined {
    return this.rest.answer(url.pathname, url.searchParams) ?? this.signed(request, url, rawQuery(request));
  }

  private post(request: IncomingMessage, response: ServerResponse, url: URL, body: string | undefined): void {
    if (body === undefined) send(response, 413, undefined);
    else send(response, 404, this.signed(request, url, body));
  }

  private signed(request: IncomingMessage, url: URL, payload: string): object | undefined {
    const header = (name: string): string | undefined => {
      const value = request.headers[name];
      return Array.isArray(value) ? value[0] : value;
    };
    return this.account.answer(`${request.method ?? ''} ${url.pathname}`, url.searchParams, { header, payload });
  }
}

/** As it was sent: that is what is signed. */
function rawQuery({ url = '' }: IncomingMessage): string {
  const at = url.indexOf('?');
  return at < 0 ? '' : url.slice(at + 1);
}

/** An answer is HTTP 200 whatever its code says; without one it is `status`. */
function send(response: ServerResponse, status: number, answer: object | undefined): void {
  response.writeHead(answer ? 200 : status, { 'content-type': 'application/json' });
  response.end(JSON.stringify(answer ?? { error: status }));
}
