import type { ServiceSubscription } from '../store/store';
import { eventTypeOf, type EventType } from '../streams/event-type';
import type { WantedTopic } from './forwarder';
import { streamOfTopic } from './service-topic';

/** Everything that services want now, seen from all sides. */
export class WantedSubscriptions {
  /** Market topics. */
  readonly topics = new Map<string, WantedTopic & { readonly services: Map<string, string> }>();
  /** Services by account topic. */
  readonly account = new Map<string, Set<string>>();
  /** Event types by service. */
  readonly queues = new Map<string, Set<EventType>>();
  private readonly ids = new Map<string, string>();
  /** Topics of subscriptions that name no stream: none of this version wrote them. */
  readonly unknown: string[] = [];

  constructor(readonly subscriptions: readonly ServiceSubscription[] = []) {
    for (const subscription of subscriptions) this.add(subscription);
  }

  idOf(topic: string, service: string): string | undefined {
    return this.ids.get(`${service} ${topic}`);
  }

  private add({ id, topic, channelType, requestingService: service }: ServiceSubscription): void {
    const stream = streamOfTopic(topic, channelType);
    if (!stream) {
      this.unknown.push(topic);
      return;
    }
    const eventType = eventTypeOf(channelType);
    this.ids.set(`${service} ${topic}`, id);
    setOf(this.queues, service).add(eventType);
    if (stream.market === 'account') {
      setOf(this.account, topic).add(service);
      return;
    }
    const known = this.topics.get(topic);
    if (known) known.services.set(service, id);
    else this.topics.set(topic, { stream, eventType, services: new Map([[service, id]]) });
  }
}

function setOf<Key, Member>(sets: Map<Key, Set<Member>>, key: Key): Set<Member> {
  let set = sets.get(key);
  if (!set) sets.set(key, (set = new Set<Member>()));
  return set;
}
