import fc from 'fast-check';
import { ManualClock } from '../../test/support/manual-clock';
import { readControl } from './bybit/acks';
import type { Ack } from './bybit/acks';
import type { Category } from './bybit/topics';
import { TopicRequests } from './topic-requests';

const ACK_TIMEOUT = 5000;

interface Sent {
  readonly req_id: string;
  readonly op: 'subscribe' | 'unsubscribe';
  readonly args: string[];
}

function setUp(category: Category = 'linear') {
  const clock = new ManualClock();
  const sent: Sent[] = [];
  const events: string[] = [];
  const requests = new TopicRequests(category, ACK_TIMEOUT, clock, {
    send: (text) => sent.push(JSON.parse(text) as Sent),
    accepted: (topic) => events.push(`+${topic}`),
    refused: (topic, words) => events.push(`-${topic} ${words}`),
    stuck: () => events.push('stuck'),
  });
  return { clock, sent, events, requests };
}

function ack(frame: Record<string, unknown>): Ack {
  const control = readControl(frame);
  if (control?.kind !== 'ack') throw new Error('not an ack');
  return control;
}

function success(request: Sent | undefined, op = 'subscribe'): Ack {
  return ack({ success: true, ret_msg: '', req_id: request?.req_id, op });
}

function failure(request: Sent | undefined, ret_msg: string): Ack {
  return ack({ success: false, ret_msg, req_id: request?.req_id, op: 'subscribe' });
}

test('each topic of an acked request is accepted once', () => {
  const { clock, sent, events, requests } = setUp();
  requests.subscribe('a');
  requests.subscribe('b');
  requests.subscribe('a');
  clock.advance(0);
  expect(sent).toEqual([{ req_id: '1', op: 'subscribe', args: ['a', 'b'] }]);
  requests.heard('b');
  requests.ack(success(sent[0]));
  requests.ack(success(sent[0]));
  expect(events).toEqual(['+b', '+a']);
  expect(requests.settled).toBe(true);
  expect(clock.timers).toBe(0);
});

test('already subscribed is a success of that topic, and the rest is asked for again', () => {
  const { clock, sent, events, requests } = setUp();
  for (const topic of ['a', 'b', 'c']) requests.subscribe(topic);
  clock.advance(0);
  requests.ack(failure(sent[0], 'error:already subscribed,topic:b'));
  expect(events).toEqual(['+b']);
  expect(sent[1]).toMatchObject({ op: 'subscribe', args: ['a', 'c'] });
  requests.ack(success(sent[1]));
  expect(events).toEqual(['+b', '+a', '+c']);
});

test('a failure that names no topic splits the request into single ones, and a single one is refused', () => {
  const { clock, sent, events, requests } = setUp('spot');
  requests.subscribe('a');
  requests.subscribe('b');
  clock.advance(0);
  requests.ack(failure(sent[0], 'System busy'));
  expect(sent.slice(1).map((request) => request.args)).toEqual([['a'], ['b']]);
  requests.ack(success(sent[1]));
  requests.ack(failure(sent[2], 'System busy'));
  expect(events).toEqual(['+a', '-b System busy']);
});

test('a failure without a request id is tied to the request that holds the topic it names', () => {
  const { clock, sent, events, requests } = setUp('spot');
  requests.subscribe('a');
  clock.advance(0);
  requests.subscribe('b');
  requests.subscribe('c');
  clock.advance(0);
  requests.ack(failure(undefined, 'Invalid symbol :[b]'));
  expect(events).toEqual(['-b Invalid symbol :[b]']);
  expect(sent[2]).toMatchObject({ args: ['c'] });
  requests.ack(success(undefined));
  expect(events.at(-1)).toBe('+a');
});

test('a topic that is given up while its batch is repaired is not asked for again', () => {
  const { clock, sent, requests } = setUp();
  for (const topic of ['a', 'b', 'c']) requests.subscribe(topic);
  clock.advance(0);
  requests.unsubscribe('c');
  requests.ack(failure(sent[0], 'error:handler not found,topic:b'));
  expect(sent[1]).toMatchObject({ op: 'subscribe', args: ['a'] });
});

test('a topic that is wanted and given up in one turn costs no request', () => {
  const { clock, sent, requests } = setUp();
  requests.subscribe('a');
  requests.unsubscribe('a');
  clock.advance(0);
  expect(sent).toEqual([]);
});

test('an ack that never comes is asked for once more, and then the connection is of no use', () => {
  const { clock, sent, events, requests } = setUp();
  requests.subscribe('a');
  requests.subscribe('b');
  clock.advance(0);
  requests.heard('a');
  clock.advance(ACK_TIMEOUT);
  expect(sent[1]).toMatchObject({ op: 'subscribe', args: ['b'] });
  clock.advance(ACK_TIMEOUT - 1);
  expect(events).toEqual(['+a']);
  clock.advance(1);
  expect(events).toEqual(['+a', 'stuck']);
  expect(clock.timers).toBe(0);
});

test('a late ack that finds its request repeated does no harm', () => {
  const { clock, sent, events, requests } = setUp();
  requests.subscribe('a');
  clock.advance(ACK_TIMEOUT);
  clock.advance(ACK_TIMEOUT - 1);
  requests.ack(success(sent[0]));
  expect(events).toEqual([]);
  requests.ack(failure(sent[1], 'error:already subscribed,topic:a'));
  expect(events).toEqual(['+a']);
  clock.advance(ACK_TIMEOUT);
  expect(events).toEqual(['+a']);
});

test('an unsubscribe that fails for one topic is repeated for the others', () => {
  const { clock, sent, requests } = setUp();
  for (const topic of ['a', 'b', 'c']) requests.subscribe(topic);
  clock.advance(0);
  requests.ack(success(sent[0]));
  for (const topic of ['a', 'b']) requests.unsubscribe(topic);
  clock.advance(0);
  requests.ack(ack({ success: false, ret_msg: 'error:handler not found,topic:a', req_id: sent[1]?.req_id, op: 'unsubscribe' }));
  expect(sent[2]).toMatchObject({ op: 'unsubscribe', args: ['b'] });
});

test('the ack of an older request says nothing about a topic that was left and asked for again', () => {
  const { clock, sent, events, requests } = setUp();
  requests.subscribe('a');
  clock.advance(0);
  requests.subscribe('bad');
  requests.renew('a');
  clock.advance(0);
  requests.ack(success(sent[0]));
  expect(events).toEqual([]);
  requests.ack(success(sent[1], 'unsubscribe'));
  requests.ack(failure(sent[2], 'error:handler not found,topic:bad'));
  expect(sent[3]).toMatchObject({ op: 'subscribe', args: ['a'] });
  requests.ack(success(sent[3]));
  expect(events.at(-1)).toBe('+a');
});

test('an ack without a request id answers a request of its own operation', () => {
  const { clock, events, requests } = setUp('spot');
  requests.subscribe('a');
  clock.advance(0);
  requests.heard('a');
  requests.unsubscribe('a');
  clock.advance(0);
  requests.subscribe('b');
  clock.advance(0);
  requests.ack(success(undefined, 'unsubscribe'));
  expect(requests.isLeaving('a')).toBe(false);
  requests.ack(success(undefined));
  expect(events).toEqual(['+a']);
  requests.ack(success(undefined));
  expect(events).toEqual(['+a', '+b']);
});

test('an option topic whose ack was lost is left before it is asked for again, or it would be listed as failed', () => {
  const { clock, sent, requests } = setUp('option');
  requests.subscribe('a');
  clock.advance(0);
  clock.advance(ACK_TIMEOUT);
  expect(sent.slice(1).map(({ op, args }) => [op, args])).toEqual([
    ['unsubscribe', ['a']],
    ['subscribe', ['a']],
  ]);
  requests.stop();
});

/** One connection of the exchange: in order, all or nothing except for options. */
class NaiveExchange {
  readonly subscribed = new Set<string>();

  constructor(
    private readonly category: Category,
    private readonly unknown: ReadonlySet<string>,
  ) {}

  handle({ op, args, req_id }: Sent): Record<string, unknown> {
    if (this.category === 'option') {
      const fails = (topic: string): boolean => this.unknown.has(topic) || this.subscribed.has(topic);
      const failTopics = op === 'subscribe' ? args.filter(fails) : [];
      const successTopics = args.filter((topic) => !failTopics.includes(topic));
      for (const topic of successTopics) this.set(op, topic);
      return { success: true, conn_id: 'c', data: { successTopics, failTopics }, type: 'COMMAND_RESP' };
    }
    for (const topic of op === 'subscribe' ? args : []) {
      const spot = this.category === 'spot';
      if (this.unknown.has(topic))
        return spot
          ? { success: false, ret_msg: `Invalid symbol :[${topic}]`, op }
          : { success: false, ret_msg: `error:handler not found,topic:${topic}`, op, req_id };
      if (this.subscribed.has(topic)) return { success: false, ret_msg: `error:already subscribed,topic:${topic}`, op, req_id };
    }
    for (const topic of args) this.set(op, topic);
    return { success: true, ret_msg: '', op, req_id };
  }

  private set(op: string, topic: string): void {
    if (op === 'subscribe') this.subscribed.add(topic);
    else this.subscribed.delete(topic);
  }
}

const TOPICS = Array.from({ length: 14 }, (_, i) => `t${i}`);
const step = fc.record({
  act: fc.constantFrom('subscribe', 'subscribe', 'unsubscribe', 'renew', 'turn', 'answer', 'lose', 'hear'),
  topic: fc.constantFrom(...TOPICS),
});

test('whatever is wanted, lost and refused in whatever order, the exchange ends with exactly what is wanted', () => {
  fc.assert(
    fc.property(
      fc.constantFrom<Category>('linear', 'spot', 'option'),
      fc.uniqueArray(fc.constantFrom(...TOPICS), { maxLength: 4 }),
      fc.array(step, { maxLength: 80, size: 'max' }),
      (category, unknownTopics, steps) => {
        const unknown = new Set(unknownTopics);
        const exchange = new NaiveExchange(category, unknown);
        const { clock, sent, events, requests } = setUp(category);
        const wanted = new Set<string>();
        const answers: Record<string, unknown>[] = [];
        let handled = 0;
        let losses = 0;
        const exchangeWorks = (): void => {
          for (; handled < sent.length; handled++) answers.push(exchange.handle(sent[handled] as Sent));
        };
        const answer = (): void => {
          const frame = answers.shift();
          if (frame) requests.ack(ack(frame));
          exchangeWorks();
        };
        for (const { act, topic } of steps) {
          if (act === 'subscribe') {
            requests.subscribe(topic);
            wanted.add(topic);
          } else if (act === 'unsubscribe') {
            requests.unsubscribe(topic);
            wanted.delete(topic);
          } else if (act === 'renew') requests.renew(topic);
          else if (act === 'turn') clock.advance(1);
          else if (act === 'answer') answer();
          // An answer without an id that is lost would have the next one taken for it: real connections lose all or nothing.
          else if (act === 'lose' && category === 'linear' && losses === 0 && answers.length > 0) {
            answers.shift();
            losses++;
          } else if (act === 'hear' && exchange.subscribed.has(topic)) requests.heard(topic);
          exchangeWorks();
        }
        clock.advance(1);
        for (let i = 0; i < 3; i++) {
          exchangeWorks();
          while (answers.length > 0) answer();
          clock.advance(ACK_TIMEOUT);
        }
        const good = [...wanted].filter((topic) => !unknown.has(topic)).sort();
        expect([...exchange.subscribed].sort()).toEqual(good);
        expect(requests.settled).toBe(true);
        expect(requests.accepted).toBe(good.length);
        expect(events).not.toContain('stuck');
        if (category === 'spot') for (const request of sent) expect(request.args.length).toBeLessThanOrEqual(10);
        requests.stop();
        expect(clock.timers).toBe(0);
      },
    ),
    { numRuns: 1000 },
  );
});
