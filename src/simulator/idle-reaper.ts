import type { Clock, Timer } from '../clock/clock';
import type { Connection } from './connection';
import type { ExchangeTime } from './push-schedule';

/** The exchange looks this often, so a cut comes up to that much late. */
const SCAN_MS = 30_000;

/** Cuts sockets on which nothing happens, as the exchange does: no close frame. */
export class IdleReaper {
  private timer: Timer | undefined;

  constructor(
    private readonly connections: ReadonlySet<Connection>,
    private readonly clock: Clock,
    private readonly time: ExchangeTime,
    private readonly limits: { readonly idleCutMs: number; readonly idleCutUnsubscribedMs: number | undefined },
  ) {}

  start(): void {
    const { idleCutMs, idleCutUnsubscribedMs = idleCutMs } = this.limits;
    this.timer = this.clock.every(Math.max(10, Math.min(SCAN_MS, idleCutMs / 4, idleCutUnsubscribedMs / 4)), () => this.scan());
  }

  stop(): void {
    this.timer?.cancel();
  }

  private scan(): void {
    const now = this.time.now();
    const { idleCutMs, idleCutUnsubscribedMs } = this.limits;
    for (const connection of this.connections) {
      const bare = connection.topics.size === 0 ? (idleCutUnsubscribedMs ?? idleCutMs) : idleCutMs;
      const idle = now - connection.lastActivity >= bare;
      const unpinged = connection.maxActiveMs !== undefined && now - connection.lastPing >= connection.maxActiveMs;
      if (idle || unpinged) connection.drop();
    }
  }
}
