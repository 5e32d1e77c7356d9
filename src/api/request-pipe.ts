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
    const given = content ?? {};
    if (typeof given !== 'object' || Array.isArray(given)) {
      throw refusal([{ field: 'body', problem: 'must be a JSON object, such as {"name": "value"}' }]);
    }
    const known = fieldsOf(metatype);
    const fields = Object.entries(given).filter(([, value]) => value !== null && value !== undefined);
    const unknown = fields.filter(([name]) => !known.has(name)).map(([name]) => name);
    const twice = type === 'query' ? fields.filter(([, value]) => Array.isArray(value)).map(([name]) => name) : [];
    const usable = fields.filter(([name]) => known.has(name) && !twice.includes(name));
    const request = plainToInstance(metatype, Object.fromEntries(usable)) as object;
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
export function refuseAny(given: object, type: 'body' | 'query'): void {
  const names = Object.keys(given);
  if (names.length > 0) throw refusal(names.slice(0, MAX_UNKNOWN).map((name) => unknownField(name, new Set(), type)));
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
