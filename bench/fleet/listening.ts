/** A listener of the hop's benchmark, a process of its own: hears all streams as a replica does. */
import { Tailing } from '../../src/pubsub/tailing';
import { answer } from '../load/parent';
import { type Heard, Hearing } from './hearing';
import { redisSide } from './redis-side';
import { BRAND, TICKERS } from './tickers';

export type ListeningRequest =
  /** Listens to the streams; answered when all that is published from then on will be heard. @param url of Redis */
  | { readonly listen: string }
  | { readonly begin: true }
  /** Answered with {@link ListeningFigures}. */
  | { readonly figures: true };

/** Since the last `begin`. */
export interface ListeningFigures {
  readonly cpuSeconds: number;
  readonly heard: Heard;
}

const hearing = new Hearing();
let cpuBefore = process.cpuUsage();

async function listen(url: string): Promise<true> {
  const side = redisSide(url);
  const tailing = new Tailing(side.wire, BRAND);
  tailing.start();
  await side.start();
  for (const { name } of TICKERS) tailing.subscribe(name, hearing);
  for (const { name } of TICKERS) await tailing.recover(name);
  return true;
}

answer((request: ListeningRequest): Promise<unknown> => {
  if ('listen' in request) return listen(request.listen);
  if ('begin' in request) {
    hearing.begin();
    cpuBefore = process.cpuUsage();
    return Promise.resolve(true);
  }
  const { user, system } = process.cpuUsage(cpuBefore);
  const figures: ListeningFigures = { cpuSeconds: (user + system) / 1e6, heard: hearing.heard() };
  return Promise.resolve(figures);
});
