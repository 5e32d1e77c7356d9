import type { StreamStatus } from '../pubsub/status';
import type { StreamView } from './api';

/** How a stream stands, for answers. */
export function standing(status: StreamStatus | undefined): Pick<StreamView, 'state' | 'state_reason'> {
  return { state: status?.state ?? null, state_reason: status?.reason ? status.reason : null };
}
