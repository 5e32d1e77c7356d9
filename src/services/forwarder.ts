import type { EventBroker } from '../amqp/broker';
import type { Clock } from '../clock/clock';
import { Counter } from '../meters/counter';
import type { Publication } from '../pubsub/publication';
import type { EventType } from '../streams/event-type';
import type { MarketStream } from '../streams/stream';
import type { Hub } from '../subscriptions/hub';
import { carriedBy, eventBody, gapBody, gapIn, messageIdOf, snapshotIdOf, traceIdOf, type Carried } from './event-body';
import { ForwardedTopic } from './forwarded-topic';
import { fundingChanged, fundingIn, type Funding } from './funding-change';

export interface ForwarderDeps {
  /** Not the clients' one: its memberships are no clients. */
  readonly hub: Pick<Hub, 'join'>;
  readonly broker: Pick<EventBroker, 'publish'>;
  readonly clock: Clock;
  /** Called for each event and service that it goes to. On the data path. */
  readonly sent: (topic: string, services: readonly string[], at: number) => void;
  readonly log: { warn(fields: object, text: string): void };
}

/** What one topic is to be forwarded to. */
export interface WantedTopic {
  readonly stream: MarketStream;
  readonly eventType: EventType;
  /** The id of each service's subscription. */
  readonly services: ReadonlyMap<string, string>;
}

/** Sends market data to the services that asked for it: one event per publication, however many they are. Nothing here waits. */
export class Forwarder {
  private readonly topics = new Map<string, ForwardedTopic>();
  /** What they listen for. */
  private wanted: ReadonlyMap<string, WantedTopic> = new Map();
  /** What was last said of each funding topic. */
  private readonly fundings = new Map<string, Funding>();
  /** Events handed to the broker, by event type. */
  readonly events = new Counter();

  constructor(private readonly deps: ForwarderDeps) {}

  /** Topics that are listened to. */
  get size(): number {
    return this.topics.size;
  }

  /** How many of them the exchange does not serve. */
  get refused(): number {
    let count = 0;
    for (const topic of this.topics.values()) if (topic.refused) count++;
    return count;
  }

  /** Listens to what is named, from now on, and to nothing else. Who has subscribed anew begins anew. */
  want(wanted: ReadonlyMap<string, WantedTopic>): void {
    const { wanted: before } = this;
    this.wanted = wanted;
    for (const [name, topic] of this.topics) {
      const services = wanted.get(name)?.services;
      for (const service of before.get(name)?.services.keys() ?? []) if (!services?.has(service)) topic.remove(service);
      if (topic.empty) this.forget(name);
    }
    for (const [name, { stream, eventType, services }] of wanted) {
      let topic = this.topics.get(name);
      if (!topic) {
        topic = new ForwardedTopic(name, stream, eventType, { ...this.deps, send: this.send, refused: this.tellRefused });
        this.topics.set(name, topic);
      }
      const ids = before.get(name)?.services;
      for (const [service, id] of services) {
        const known = ids?.get(service);
        if (known === undefined) topic.add(service);
        else if (known !== id) topic.again(service);
      }
    }
  }

  /** How many services each topic has, by the stream that brings it. */
  *listeners(): Iterable<{ readonly stream: string; readonly count: number }> {
    for (const topic of this.topics.values()) yield { stream: topic.stream.name, count: [...topic.all()].length };
  }

  stop(): void {
    this.wanted = new Map();
    for (const [name, topic] of this.topics) {
      topic.end();
      this.forget(name);
    }
  }

  private forget(name: string): void {
    this.topics.delete(name);
    this.fundings.delete(name);
  }

  /** Taken while the exchange was away, or delisted since: whoever asked gets nothing of it. */
  private readonly tellRefused = (topic: ForwardedTopic, reason: string): void => {
    this.deps.log.warn(
      { topic: topic.topic, services: [...topic.all()], reason },
      'the exchange does not serve a topic that services have subscribed to',
    );
  };

  private readonly send = (
    { topic, stream, eventType }: ForwardedTopic,
    publication: Publication,
    services: readonly string[],
    begins: boolean,
  ): void => {
    const whole = begins && (publication.type === 'snapshot' || eventType === 'funding');
    const messageId = whole ? snapshotIdOf(topic, publication) : messageIdOf(topic, publication);
    const traceId = traceIdOf(messageId);
    const about = { messageId, eventType, topic, traceId };
    let body: Buffer;
    if (publication.type === 'gap') {
      const at = publication.received || this.deps.clock.now();
      body = gapBody({ ...about, timestamp: at, received: at }, publication.epoch, gapIn(publication));
    } else {
      const carried = carriedBy(publication);
      const head = { ...about, timestamp: carried.timestamp, received: carried.received };
      const said =
        eventType === 'funding' ? this.funding(topic, publication, begins) : { type: publication.type, data: carried.data };
      if (!said) return;
      body = eventBody(head, said.type, publication, said.data);
    }
    this.deps.broker.publish({
      ...about,
      routingKey: `${eventType}.${stream.market}.${stream.symbol}`,
      services,
      body,
      received: publication.received,
    });
    this.events.add(eventType);
    this.deps.sent(topic, services, this.deps.clock.now());
  };

  /** Undefined while nothing is new. Who begins is told what is known already. */
  private funding(topic: string, publication: Publication, begins: boolean): { type: string; data: Carried['data'] } | undefined {
    const now = fundingIn(publication);
    if (!now) return undefined;
    const before = this.fundings.get(topic);
    this.fundings.set(topic, now);
    if (!begins && !fundingChanged(before, now)) return undefined;
    return { type: begins || !before ? 'snapshot' : 'update', data: Buffer.from(JSON.stringify(now)) };
  }
}
