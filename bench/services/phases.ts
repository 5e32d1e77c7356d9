import type { Deployment } from './deployment';
import type { Expected } from './health-watch';

/** Something that lasts, and what the health page has to say about it. */
export interface Step {
  readonly name: string;
  /** What makes it begin. */
  begin?(deployment: Deployment): Promise<unknown>;
  readonly health: Expected;
}

/** Steps that follow each other; after the last everything is as it was before. */
export interface Phase {
  /** Whether services have subscribed. */
  readonly served: boolean;
  /** Whether the REST interface is called all the time. */
  readonly called?: boolean;
  readonly steps: readonly Step[];
}

const STEADY: Expected = { down: [], withinSeconds: 0 };
/** Whoever was away: its start, and the gateway's next try to reach it. */
const BACK: Expected = { down: [], withinSeconds: 40 };
/** After five tries in a row that failed, which eight seconds are enough for, the next one is a minute later. */
const ACCOUNT_BACK: Expected = { down: [], withinSeconds: 75 };
const STORE_AWAY: Expected = { down: ['store'], withinSeconds: 8 };
/** A broker that says nothing is given up after 8 to 12 s; one that is gone, at once. */
const BROKER_SILENT: Expected = { down: ['broker'], withinSeconds: 15 };
const BROKER_AWAY: Expected = { down: ['broker'], withinSeconds: 3 };
const ACCOUNT_AWAY: Expected = { down: ['account'], withinSeconds: 2 };

/** With which all others are compared. */
export const ALONE = 'alone';
export const SERVED = 'services';
const CALLED = 'services, REST';

export const PHASES: readonly Phase[] = [
  { served: false, steps: [{ name: ALONE, health: STEADY }] },
  { served: true, steps: [{ name: SERVED, health: STEADY }] },
  { served: true, called: true, steps: [{ name: CALLED, health: STEADY }] },
  {
    served: true,
    steps: [
      { name: 'database frozen', begin: ({ postgres }) => postgres.process.pause(), health: STORE_AWAY },
      { name: 'database thawed', begin: ({ postgres }) => postgres.process.resume(), health: BACK },
    ],
  },
  {
    served: true,
    steps: [
      { name: 'database killed', begin: ({ postgres }) => postgres.process.kill(), health: STORE_AWAY },
      { name: 'database restarted', begin: ({ postgres }) => postgres.process.restart(), health: BACK },
    ],
  },
  {
    served: true,
    steps: [
      { name: 'broker frozen', begin: ({ rabbit }) => rabbit.process.pause(), health: BROKER_SILENT },
      { name: 'broker thawed', begin: ({ rabbit }) => rabbit.process.resume(), health: BACK },
    ],
  },
  {
    served: true,
    steps: [
      { name: 'broker killed', begin: ({ rabbit }) => rabbit.process.kill(), health: BROKER_AWAY },
      { name: 'broker restarted', begin: ({ rabbit }) => rabbit.process.restart(), health: BACK },
    ],
  },
  {
    served: true,
    steps: [
      {
        name: 'account cut off',
        begin: ({ account }) => account.ask<number>({ drop: ['private'], refuse: true }),
        health: ACCOUNT_AWAY,
      },
      { name: 'account back', begin: ({ account }) => account.ask<true>({ allow: true }), health: ACCOUNT_BACK },
    ],
  },
];
