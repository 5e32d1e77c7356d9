import type { ArgumentMetadata, PipeTransform } from '@nestjs/common';
import { plainToInstance } from 'class-transformer';
import { getMetadataStorage, validateSync, type ValidationError } from 'class-validator';
import { ApiError, API_ERRORS, type ApiErrorCode } from '../services/api';

/** One thing that is wrong with a request. */
interface Mistake {
  readonly field: string;
  readonly problem: string;
}

const MAX_SHOWN = 64;
/** Unknown fields that are named; a caller that sends more has enough to read. */
const MAX_UNKNOWN = 10;

/**
 * Checks bodies and queries against their class, and tells every mistake at once. A field that the class does not know is one: it was
 * meant to do something. What is null counts as left out.
 */
export class RequestPipe implements PipeTransform<unknown, unknown> {
  transform(content: unknown, { metatype, type }: ArgumentMetadata): unknown {
    if ((type !== 'body' && type !== 'query' && type !== 'param') || !metatype) return content;
    const given = objectOf(content);
    const known = fieldsOf(metatype);
    const fields = Object.entries(given).filter(([, value]) => value !== null && value !== undefined);
    const unknown = fields.filter(([name]) => !known.has(name)).map(([name]) => name);
    const twice = type === 'query' ? fields.filter(([, value]) => Array.isArray(value)).map(([name]) => name) : [];
    const usable = fields.filter(([name]) => known.has(name) && !twice.includes(name));
    const [nested, plain] = [usable.filter(isNested), usable.filter((field) => !isNested(field))];
    // No field takes a list or an object: those are only there to be refused, and one 50 000 deep must not be walked through.
    const request = Object.assign(plainToInstance(metatype, Object.fromEntries(plain)) as object, Object.fromEntries(nested));
    const errors = validateSync(request, { stopAtFirstError: true });
    const wrong = errors.filter(({ property }) => !twice.includes(property));
    const mistakes = [
      ...unknown.slice(0, MAX_UNKNOWN).map((name) => unknownField(name, known, type)),
      ...twice.map((name) => ({ field: name, problem: 'must be given once' })),
      ...wrong.map(mistakeOf),
    ];
    if (mistakes.length > 0) throw refusal(mistakes, wrong);
    return request;
  }
}

/** Refuses whatever is sent to a call that takes none: it was meant to do something. */
export function refuseAny(given: unknown, type: string): void {
  const names = Object.keys(objectOf(given));
  if (names.length > 0) throw refusal(names.slice(0, MAX_UNKNOWN).map((name) => unknownField(name, new Set(), type)));
}

/**
 * How a request is refused that this is sent with, for the document to show.
 * @param metatype what the call takes; undefined when it takes nothing
 */
export function refusalOf(type: 'body' | 'query' | 'param', given: object, metatype?: new () => object): ApiError {
  try {
    if (metatype) new RequestPipe().transform(given, { type, metatype });
    else refuseAny(given, type);
  } catch (error) {
    if (error instanceof ApiError) return error;
    throw error;
  }
  throw new Error('nothing is wrong with this request');
}

/** What is left out counts as empty. */
function objectOf(content: unknown): object {
  const given = content ?? {};
  if (typeof given === 'object' && !Array.isArray(given)) return given;
  throw refusal([{ field: 'body', problem: 'must be a JSON object, such as {"name": "value"}' }]);
}

function isNested([, value]: readonly [string, unknown]): boolean {
  return typeof value === 'object';
}

function fieldsOf(metatype: NonNullable<ArgumentMetadata['metatype']>): ReadonlySet<string> {
  const rules = getMetadataStorage().getTargetValidationMetadatas(metatype, '', false, false);
  return new Set(rules.map(({ propertyName }) => propertyName));
}

function unknownField(name: string, known: ReadonlySet<string>, type: string): Mistake {
  const what = type === 'query' ? 'query parameter' : 'field';
  const may = known.size > 0 ? `use ${[...known].join(', ')}` : 'none is taken here';
  return { field: name.slice(0, MAX_SHOWN), problem: `is not a known ${what}; ${may}` };
}

function mistakeOf({ property, constraints }: ValidationError): Mistake {
  return { field: property, problem: Object.values(constraints ?? {})[0] ?? 'is not as documented' };
}

/** One mistake alone may have a code of its own. */
function refusal(mistakes: readonly Mistake[], wrong: readonly ValidationError[] = []): ApiError {
  const text = mistakes.map(({ field, problem }) => `${field} ${problem}`).join('. ');
  return new ApiError(mistakes.length === 1 ? codeOf(wrong[0]) : 'VALIDATION_ERROR', `${text}.`, mistakes);
}

function codeOf(error: ValidationError | undefined): ApiErrorCode {
  const [context] = Object.values(error?.contexts ?? {}) as { readonly code?: string }[];
  const code = context?.code;
  const own = Object.keys(API_ERRORS).find((known): known is ApiErrorCode => known === code);
  return error?.value === undefined ? 'VALIDATION_ERROR' : (own ?? 'VALIDATION_ERROR');
}
