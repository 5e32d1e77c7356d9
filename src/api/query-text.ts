/*
 * Queries are text. Each of these turns the text of a parameter into its value; text that cannot be turned stays text, for the
 * field's rule to refuse.
 */

const WHOLE = /^\d{1,16}$/;
const ISO_TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d{1,9})?)?(Z|[+-]\d\d:\d\d)$/;

export function numberIn({ value }: { readonly value: unknown }): unknown {
  return typeof value === 'string' && WHOLE.test(value) ? Number(value) : value;
}

export function flagIn({ value }: { readonly value: unknown }): unknown {
  return value === 'true' ? true : value === 'false' ? false : value;
}

/** Ms since 1970, or an ISO time with a zone. */
export function timeIn({ value }: { readonly value: unknown }): unknown {
  if (typeof value !== 'string') return value;
  if (WHOLE.test(value)) return Number(value);
  // A + of a zone that was not encoded arrives as a space.
  const iso = value.replace(' ', '+');
  const ms = ISO_TIME.test(iso) && hasDay(iso) ? Date.parse(iso) : NaN;
  return Number.isNaN(ms) ? value : ms;
}

/** `Date.parse` takes the 30th of February for the 2nd of March. */
function hasDay(iso: string): boolean {
  const [year = 0, month = 0, day] = iso.slice(0, 10).split('-').map(Number);
  return new Date(Date.UTC(year, month - 1, day)).getUTCDate() === day;
}

export function upperCaseIn({ value }: { readonly value: unknown }): unknown {
  return typeof value === 'string' ? value.toUpperCase() : value;
}
