import { setTimeout as pause } from 'node:timers/promises';
import type { Answers, QuestionsRequest } from '../../load/questions';
import { mixedJoiners, symbolsOf } from '../audience';
import { Helper } from '../helper';
import { type Case, CPU, DELIVERED, GENERATOR, P99, scaled, warmUpSeconds } from './case';

const CLIENTS = 1000;
const SYMBOLS = symbolsOf(100);
const STREAMS_EACH = 20;
const QUIET = ['QUIET0USDT', 'QUIET1USDT'];
/** Messages that are due all at once: two million deliveries. */
const BURST = 10_000;
const ALL_AT_ONCE = 1e9;
const BEFORE_MS = 300;
const QUESTIONS_SECONDS = 3.5;

export const fair: Case = {
  name: 'fair',
  about: `1000 clients listen to 20 of 100 tickers each, and ${BURST} messages come at once; meanwhile others ask. Most ms that an answer took`,
  aim: 'pings, replies and new subscriptions answered within 250 ms',
  columns: [
    { title: 'burst s', figure: 'seconds', digits: 2 },
    { title: 'ping', figure: 'pingMax', digits: 0 },
    { title: 'control ping', figure: 'controlPingMax', digits: 0 },
    { title: 'subscribe', figure: 'subscribeMax', digits: 0 },
    { title: 'join', figure: 'joinMax', digits: 0 },
    { title: 'join p50', figure: 'joinP50', digits: 0 },
    { title: 'joins', figure: 'joins', digits: 0 },
    P99,
    CPU,
    DELIVERED,
    GENERATOR,
  ],
  peers: false,
  async run(rig, target, options) {
    const joiners = mixedJoiners(scaled(CLIENTS, options), SYMBOLS, STREAMS_EACH);
    const asker = Helper.start<QuestionsRequest>('questions');
    try {
      return await rig.with(target, { symbols: SYMBOLS, joiners, quiet: QUIET }, async (seated) => {
        await rig.warmUp(seated, 2000, warmUpSeconds(options));
        const { port, argOf } = seated.target;
        const answers = asker.ask<Answers>({ port, quiet: QUIET.map(argOf), seconds: QUESTIONS_SECONDS });
        await pause(BEFORE_MS);
        const { figures, notes } = await rig.window(seated, ALL_AT_ONCE, BURST / ALL_AT_ONCE);
        const { ping, controlPing, subscribe, join } = await answers;
        const asked = {
          pingMax: ping.max,
          controlPingMax: controlPing.max,
          subscribeMax: subscribe.max,
          joinMax: join.max,
          joinP50: join.p50,
          joins: join.count,
        };
        const told = notes.filter((note) => !note.startsWith('the publisher needed'));
        return [
          { case: 'fair', variant: `${BURST} at once`, target: target.name, figures: { ...figures, ...asked }, notes: told },
        ];
      });
    } finally {
      asker.stop();
    }
  },
};
