import type { ServiceSubscription } from '../store/store';
import { eventTypeOf, type EventType } from '../streams/event-type';
import type { WantedTopic } from './forwarder';
import { streamOfTopic } from './service-topic';

/** Everything that services want now, seen from all sides. */
export class WantedSubscriptions {
  /** Market topics. */
  readonly topics = new Map<string, WantedTopic & { readonly services: Map<string, string> }>();
  /** The id of each service's subscription, by account topic. */
  readonly account = new Map<string, Map<string, string>>();
  /** Event types by service. */
  readonly queues = new Map<string, Set<EventType>>();
  /** Topics of subscriptions that name no stream: none of this version wrote them. */
  readonly unknown: string[] = [];

  /** @param before has read most names already */
  constructor(
    readonly subscriptions: readonly ServiceSubscription[] = [],
    before?: Pick<WantedSubscriptions, 'topics'>,
  ) {
    for (const subscription of subscriptions) this.add(subscription, before);
  }

  idOf(topic: string, service: string): string | undefined {
    return (this.topics.get(topic)?.services ?? this.account.get(topic))?.get(service);
  }

  private add(subscription: ServiceSubscription, before: Pick<WantedSubscriptions, 'topics'> | undefined): void {
    const { id, topic, channelType, requestingService: service } = subscription;
    const known = this.topics.get(topic);
    const stream = (known ?? before?.topics.get(topic))?.stream ?? streamOfTopic(topic, channelType);
    if (!stream) {
      this.unknown.push(topic);
      return;
    }
    const eventType = eventTypeOf(channelType);
    let types = this.queues.get(service);
    if (!types) this.queues.set(service, (types = new Set<EventType>()));
    types.add(eventType);
    if (stream.market === 'account') {
      this.account.set(topic, (this.account.get(topic) ?? new Map<string, string>()).set(service, id));
      return;
    }
    if (known) known.services.set(service, id);
    else this.topics.set(topic, { stream, eventType, services: new Map([[service, id]]) });
  }
}
