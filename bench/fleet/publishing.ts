/** The publisher of the hop's benchmark, a process of its own: over Redis, or to a listener beside it in the same process. */
import { systemClock } from '../../src/clock/clock';
import { bootId } from '../../src/pubsub/boot-id';
import { InProcessPubSub } from '../../src/pubsub/in-process';
import { Publisher } from '../../src/pubsub/publisher';
import type { Publishing } from '../../src/pubsub/pubsub';
import { pace } from '../load/pace';
import { answer } from '../load/parent';
import { type Heard, Hearing } from './hearing';
import { redisSide } from './redis-side';
import { BRAND, tickerNow, TICKERS } from './tickers';

export type PublishingRequest =
  /** Opens the streams. @param url of Redis; empty: in process */
  | { readonly open: string }
  /** In turn over the streams; answered with the seconds it took when the last is published. */
  | { readonly publish: { readonly rate: number; readonly messages: number } }
  /** Sets all figures to zero. */
  | { readonly begin: true }
  /** Answered with {@link PublishingFigures}. */
  | { readonly figures: true };

/** Since the last `begin`. */
export interface PublishingFigures {
  readonly cpuSeconds: number;
  /** In process only. */
  readonly heard: Heard;
  /** What Redis did not take. */
  readonly unpublished: number;
}

const hearing = new Hearing();
let publisher: Publisher | undefined;
let unpublished = (): number => 0;
let cpuBefore = process.cpuUsage();
let turn = 0;

async function publishingTo(url: string): Promise<Publishing> {
  if (url === '') {
    const pubsub = new InProcessPubSub(256);
    for (const { name } of TICKERS) pubsub.subscribe(name, hearing);
    return pubsub;
  }
  const side = await redisSide(url).start();
  unpublished = () => side.publishing.unpublished;
  return side.publishing;
}

async function open(url: string): Promise<true> {
  publisher = new Publisher(await publishingTo(url), BRAND, systemClock, bootId(Date.now(), Math.random));
  for (const stream of TICKERS) publisher.open(stream);
  return true;
}

function publishNext(): void {
  const stream = TICKERS[turn++ % TICKERS.length];
  if (!stream) return;
  const message = tickerNow(stream);
  publisher?.publish(stream, message, () => ({ ...message, type: 'snapshot' }));
}

answer((request: PublishingRequest): Promise<unknown> => {
  if ('open' in request) return open(request.open);
  if ('publish' in request) return pace(request.publish.rate, request.publish.messages, publishNext);
  if ('begin' in request) {
    hearing.begin();
    cpuBefore = process.cpuUsage();
    return Promise.resolve(true);
  }
  const { user, system } = process.cpuUsage(cpuBefore);
  const figures: PublishingFigures = { cpuSeconds: (user + system) / 1e6, heard: hearing.heard(), unpublished: unpublished() };
  return Promise.resolve(figures);
});
