import type { Publication } from '../pubsub/publication';
import { carriedBy } from './event-body';

const QUOTE = 0x22;
const FIELDS = ['symbol', 'fundingRate', 'nextFundingTime', 'markPrice'] as const;
const KEYS = FIELDS.map((field) => ({ field, key: Buffer.from(`"${field}":"`) }));

/** What a ticker says about funding. Numbers are the exchange's decimal strings; the time is ms since 1970, as a string. */
export type Funding = Readonly<Partial<Record<(typeof FIELDS)[number], string>>>;

/**
 * The funding in a ticker's message, without parsing the rest: its values are names and numbers, which hold no quotes. Undefined
 * when the ticker has none.
 */
export function fundingIn(publication: Pick<Publication, 'body'>): Funding | undefined {
  const { data } = carriedBy(publication);
  const funding: Partial<Record<(typeof FIELDS)[number], string>> = {};
  for (const { field, key } of KEYS) {
    const at = data.indexOf(key);
    if (at < 0) continue;
    const start = at + key.length;
    funding[field] = data.toString('latin1', start, data.indexOf(QUOTE, start));
  }
  return funding.fundingRate === undefined ? undefined : funding;
}

/** Whether this is news: the mark price changes all the time and is none. */
export function fundingChanged(before: Funding | undefined, now: Funding): boolean {
  return before?.fundingRate !== now.fundingRate || before?.nextFundingTime !== now.nextFundingTime;
}
