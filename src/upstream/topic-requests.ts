import type { Clock, Timer } from '../clock/clock';
import { saysAlreadySubscribed, topicsNamed } from './bybit/acks';
import type { Ack } from './bybit/acks';
import { batchesOf, requestText } from './bybit/requests';
import type { TopicOp } from './bybit/requests';
import type { Category } from './bybit/topics';
import { deadline } from './deadline';

interface Request {
  readonly op: TopicOp;
  readonly topics: readonly string[];
  /** 1 for a request that repeats one whose ack never came. */
  readonly tries: number;
  readonly timer: Timer;
}

interface Wanted {
  /** The exchange has said or shown that the topic is subscribed. */
  accepted: boolean;
  /** The newest request that asks for it: answers to older ones say nothing about it any more. Undefined until it is sent. */
  reqId: string | undefined;
}

export interface TopicRequestsListener {
  send(text: string): void;
  accepted(topic: string): void;
  /** The exchange said no to this topic; it is forgotten. `words` are the exchange's. */
  refused(topic: string, words: string): void;
  /** Requests stay unanswered: the connection is of no use. */
  stuck(): void;
}

/**
 * The conversation about topics on one connection. Requests of one turn go out together. The exchange handles them in order, and
 * a batch that holds one bad topic fails as a whole on all markets but options: then the named topic is settled and the rest is
 * asked for again.
 */
export class TopicRequests {
  /** What should be subscribed. */
  private readonly wanted = new Map<string, Wanted>();
  private readonly outstanding = new Map<string, Request>();
  private toSubscribe = new Set<string>();
  private toUnsubscribe = new Set<string>();
  private turn: Timer | undefined;
  private lastReqId = 0;

  constructor(
    private readonly category: Category,
    private readonly ackTimeoutMs: number,
    private readonly clock: Clock,
    private readonly listener: TopicRequestsListener,
  ) {}

  subscribe(topic: string): void {
    if (this.wanted.has(topic)) return;
    this.ask(topic);
  }

  /** As {@link subscribe}, at once and in a request of its own. */
  subscribeAlone(topic: string): void {
    if (this.wanted.has(topic)) return;
    this.wanted.set(topic, { accepted: false, reqId: undefined });
    this.request('subscribe', [topic], 0);
  }

  unsubscribe(topic: string): void {
    if (!this.wanted.delete(topic)) return;
    // Asked for and given up within one turn: the exchange need not hear of it.
    if (!this.toSubscribe.delete(topic)) this.toUnsubscribe.add(topic);
    this.flushLater();
  }

  /** Leaves a topic and asks for it again: the way to a fresh snapshot. */
  renew(topic: string): void {
    if (!this.wanted.has(topic) || this.toSubscribe.has(topic)) return;
    this.toUnsubscribe.add(topic);
    this.ask(topic);
  }

  /** Data came: it may overtake the ack, and proves that the topic is subscribed. */
  heard(topic: string): void {
    this.accept(topic, this.wanted.get(topic)?.reqId);
  }

  /** Whether the exchange may still send a topic that nobody wants: its unsubscribe is under way. */
  isLeaving(topic: string): boolean {
    if (this.toUnsubscribe.has(topic)) return true;
    for (const request of this.outstanding.values())
      if (request.op === 'unsubscribe' && request.topics.includes(topic)) return true;
    return false;
  }

  isAccepted(topic: string): boolean {
    return this.wanted.get(topic)?.accepted ?? false;
  }

  /** All wanted topics are accepted. */
  get settled(): boolean {
    for (const { accepted } of this.wanted.values()) if (!accepted) return false;
    return true;
  }

  get accepted(): number {
    let count = 0;
    for (const { accepted } of this.wanted.values()) if (accepted) count++;
    return count;
  }

  stop(): void {
    this.turn?.cancel();
    for (const request of this.outstanding.values()) request.timer.cancel();
    this.outstanding.clear();
  }

  ack(ack: Ack): void {
    const reqId = this.requestOf(ack);
    const request = reqId === undefined ? undefined : this.outstanding.get(reqId);
    if (reqId === undefined || !request) return; // the late answer to a request that was repeated
    request.timer.cancel();
    this.outstanding.delete(reqId);
    if (ack.success) this.succeeded(reqId, request, ack.topics?.failed ?? []);
    else if (ack.topics && ack.topics.failed.length > 0) this.failed(reqId, request, ack.topics.failed, ack.text);
    else this.failed(reqId, request, topicsNamed(ack.text), ack.text);
  }

  /** Which request an ack answers: by its id, else by a topic it names, else the oldest of that operation. */
  private requestOf(ack: Ack): string | undefined {
    if (ack.reqId !== undefined) return ack.reqId;
    const named = ack.topics ? [...ack.topics.accepted, ...ack.topics.failed] : topicsNamed(ack.text);
    let oldest: string | undefined;
    for (const [reqId, request] of this.outstanding) {
      if (ack.op !== undefined && request.op !== ack.op) continue;
      if (named.some((topic) => request.topics.includes(topic))) return reqId;
      oldest ??= reqId;
    }
    return oldest;
  }

  private succeeded(reqId: string, request: Request, failed: readonly string[]): void {
    if (request.op === 'unsubscribe') return;
    for (const topic of request.topics) {
      if (failed.includes(topic)) this.refuse(topic, reqId, `error:subscription failed,topic:${topic}`);
      else this.accept(topic, reqId);
    }
  }

  private failed(reqId: string, request: Request, named: readonly string[], words: string): void {
    const culprits = request.topics.filter((topic) => named.includes(topic));
    const rest = request.topics.filter((topic) => !culprits.includes(topic));
    if (request.op === 'unsubscribe') {
      // What cannot be left is not there; the others are, and would go on being sent.
      if (culprits.length > 0) this.request('unsubscribe', this.stillUnwanted(rest), 0);
      return;
    }
    for (const topic of culprits) {
      if (saysAlreadySubscribed(words)) this.accept(topic, reqId);
      else this.refuse(topic, reqId, words);
    }
    const [only] = rest;
    // Even if data seemed to show that they are subscribed: it may have been the last of an earlier subscription.
    if (culprits.length > 0) this.request('subscribe', this.stillWanted(rest, reqId), 0);
    else if (only !== undefined && rest.length === 1) this.refuse(only, reqId, words || 'the exchange refused without a reason');
    else for (const topic of this.stillWanted(rest, reqId)) this.request('subscribe', [topic], 0);
  }

  private accept(topic: string, reqId: string | undefined): void {
    const wanted = this.wanted.get(topic);
    if (!wanted || wanted.accepted || reqId === undefined || wanted.reqId !== reqId) return;
    wanted.accepted = true;
    this.listener.accepted(topic);
  }

  private refuse(topic: string, reqId: string, words: string): void {
    if (this.wanted.get(topic)?.reqId !== reqId) return;
    this.wanted.delete(topic);
    this.listener.refused(topic, words);
  }

  private ask(topic: string): void {
    this.wanted.set(topic, { accepted: false, reqId: undefined });
    this.toSubscribe.add(topic);
    this.flushLater();
  }

  private flushLater(): void {
    this.turn ??= this.clock.after(0, () => this.flush());
  }

  private flush(): void {
    this.turn = undefined;
    // First what is left, then what is asked for: a renewed topic is in both.
    const leaving = [...this.toUnsubscribe];
    const asking = [...this.toSubscribe];
    this.toUnsubscribe = new Set();
    this.toSubscribe = new Set();
    for (const batch of batchesOf(this.category, leaving)) this.request('unsubscribe', batch, 0);
    for (const batch of batchesOf(this.category, asking)) this.request('subscribe', batch, 0);
  }

  /** Those that were last asked for in this request. */
  private stillWanted(topics: readonly string[], reqId: string): string[] {
    return topics.filter((topic) => this.wanted.get(topic)?.reqId === reqId);
  }

  private stillUnwanted(topics: readonly string[]): string[] {
    return topics.filter((topic) => !this.wanted.has(topic));
  }

  private request(op: TopicOp, topics: readonly string[], tries: number): void {
    if (topics.length === 0) return;
    const reqId = String(++this.lastReqId);
    const timer = deadline(this.clock, this.ackTimeoutMs, () => this.unanswered(reqId));
    this.outstanding.set(reqId, { op, topics, tries, timer });
    if (op === 'subscribe') for (const topic of topics) this.noteAsked(topic, reqId);
    this.listener.send(requestText(op, reqId, topics));
  }

  private unanswered(reqId: string): void {
    const request = this.outstanding.get(reqId);
    if (!request) return;
    this.outstanding.delete(reqId);
    if (request.tries > 0) {
      this.listener.stuck();
      return;
    }
    if (request.op === 'unsubscribe') {
      this.request('unsubscribe', this.stillUnwanted(request.topics), 1);
      return;
    }
    const due = this.stillWanted(request.topics, reqId).filter((topic) => !this.isAccepted(topic));
    // An option socket that has a topic already lists it as failed, without a reason: leave it first, if it is there.
    if (this.category === 'option') this.request('unsubscribe', due, 0);
    this.request('subscribe', due, 1);
  }

  private noteAsked(topic: string, reqId: string): void {
    const wanted = this.wanted.get(topic);
    if (wanted) wanted.reqId = reqId;
  }
}
