import { parsePage } from '../../test/support/prometheus-page';

/** Upper bounds in seconds and how many were at most so long, since the start. */
type Buckets = ReadonlyMap<number, number>;

/** What the gateway itself has counted. */
export interface GatewayLatency {
  /** From reading an exchange's message to its first write to a WebSocket client. */
  readonly written: Buckets;
  /** From there to the broker's confirmation of its event. */
  readonly confirmed: Buckets;
}

/** @param text of the page of metrics */
export function gatewayLatency(text: string): GatewayLatency {
  const page = parsePage(text);
  const buckets = (name: string, stage?: string): Buckets =>
    new Map(
      (page.get(name)?.samples ?? [])
        .filter(({ name: sample, labels }) => sample.endsWith('_bucket') && labels['stage'] === stage)
        .map(({ labels, value }) => [labels['le'] === '+Inf' ? Infinity : Number(labels['le']), value]),
    );
  return {
    written: buckets('websocket_message_latency_seconds', 'received_to_written'),
    confirmed: buckets('services_event_latency_seconds'),
  };
}

/** Milliseconds, interpolated, at most the largest bound; NaN when nothing was counted meanwhile. */
export function p99Between(before: Buckets, after: Buckets): number {
  const counts = [...after].map(([bound, count]) => ({ bound, count: count - (before.get(bound) ?? 0) }));
  const rank = 0.99 * (counts.at(-1)?.count ?? 0);
  let [from, below] = [0, 0];
  for (const { bound, count } of counts) {
    if (count >= rank && count > 0) {
      const share = bound === Infinity ? 0 : (rank - below) / (count - below);
      return (from + (share === 0 ? 0 : (bound - from) * share)) * 1000;
    }
    [from, below] = [bound, count];
  }
  return NaN;
}
