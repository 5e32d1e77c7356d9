import { ValidateBy, ValidateIf } from 'class-validator';
import type { ApiErrorCode } from '../services/api';

/** What a field must be, and the words that complete the sentence "symbol …" when it is not. */
interface Rule {
  readonly holds: (value: unknown, request: object) => boolean;
  readonly problem: string;
  /** Of a value that is there but wrong, when it has a code of its own. */
  readonly code?: ApiErrorCode;
}

/** A field that must be there. */
export function Required({ holds, problem, code }: Rule): PropertyDecorator {
  const validator = {
    validate: (value: unknown, about?: { readonly object: object }) => holds(value, about?.object ?? {}),
    defaultMessage: (about?: { readonly value: unknown }) => (about?.value === undefined ? `is missing; it ${problem}` : problem),
  };
  return ValidateBy({ name: 'rule', validator }, code && { context: { code } });
}

/** A field that may be left out. */
export function Optional(rule: Rule): PropertyDecorator {
  return (target, property) => {
    ValidateIf((_request, value) => value !== undefined)(target, property);
    Required(rule)(target, property);
  };
}

export function oneOf(words: readonly string[]): Rule {
  return { holds: (value) => words.includes(value as string), problem: `must be one of ${words.join(', ')}` };
}

export function text(pattern: RegExp, what: string): Rule {
  return { holds: (value) => typeof value === 'string' && pattern.test(value), problem: `must be ${what}` };
}

/** `max` included. */
export function wholeNumber(min: number, max: number): Rule {
  const range = max === Number.MAX_SAFE_INTEGER ? `, ${min} or more` : ` from ${min} to ${max}`;
  return {
    holds: (value) => Number.isSafeInteger(value) && Number(value) >= min && Number(value) <= max,
    problem: `must be a whole number${range}`,
  };
}
