import type { Connection, Endpoint } from './connection';
import type { Request } from './request';

/** Requests that are remembered in all. */
const MAX_REQUESTS = 20_000;

/** A request, with where it came from. */
export interface ReceivedRequest {
  readonly connId: string;
  readonly endpoint: Endpoint;
  readonly request: Request;
}

interface Wait {
  look(): boolean;
}

/** What clients asked for, and promises that resolve when sockets or requests are as somebody waits for. */
export class Lookout {
  /** Oldest first. */
  readonly requests: ReceivedRequest[] = [];
  private readonly waits = new Set<Wait>();

  /** Resolves with what `look` returns, as soon as it is not undefined; looks after every change. */
  when<T>(look: () => T | undefined): Promise<T> {
    return new Promise((resolve) => {
      const wait = {
        look: () => {
          const found = look();
          if (found === undefined) return false;
          resolve(found);
          return true;
        },
      };
      if (!wait.look()) this.waits.add(wait);
    });
  }

  /** Resolves with the first request from now on that matches. */
  whenRequested(match: (received: ReceivedRequest) => boolean): Promise<ReceivedRequest> {
    const seen = new Set(this.requests);
    return this.when(() => this.requests.find((one) => !seen.has(one) && match(one)));
  }

  received({ connId, endpoint }: Connection, request: Request): void {
    this.requests.push({ connId, endpoint, request });
    if (this.requests.length > MAX_REQUESTS) this.requests.splice(0, MAX_REQUESTS / 2);
    this.changed();
  }

  changed(): void {
    for (const wait of [...this.waits]) if (wait.look()) this.waits.delete(wait);
  }
}
