import type { BrokerReport } from '../amqp/broker';
import type { Latency } from '../meters/latency';
import type { StoreReport } from '../store/store';
import type { AccountReport } from '../upstream/account/account-report';
import type { AccountFlowReport } from './account-flow';

/** How everything that serves back-end services fares, for health and metrics. */
export interface ServicesReport {
  /** Whether this replica forwards events; exactly one of a fleet does. */
  readonly onDuty: boolean;
  readonly store: StoreReport;
  /** Undefined where none is configured. */
  readonly broker: BrokerReport | undefined;
  /** Undefined where none is configured. */
  readonly account: AccountReport | undefined;
  /** Undefined without an account. */
  readonly accountEvents: AccountFlowReport | undefined;
  /** Active subscriptions of services, as this replica knows them; 0 when off duty. */
  readonly subscriptions: number;
  /** Market topics that are listened to for services. */
  readonly topics: number;
  /** Those of them that the exchange does not serve. */
  readonly refused: number;
  /** Market events handed to the broker, by event type. */
  readonly events: Iterable<readonly [eventType: string, count: number]>;
  /** From reading a message of the exchange to the broker's confirmation of its event. */
  readonly latency: Latency;
}
