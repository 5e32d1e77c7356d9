import { applyDecorators } from '@nestjs/common';
import { ArrayNotEmpty, IsBoolean, IsIn, IsInt, IsNumber, IsString, IsUrl, Matches, Max, Min } from 'class-validator';

/** One environment variable: how its text becomes a value, and what a person is told about it. */
export interface Variable {
  /** `MAX_CLIENTS_TOTAL` for the property `maxClientsTotal`. */
  readonly name: string;
  readonly property: string;
  readonly meaning: string;
  /** What is accepted, completing the sentence "must be …". */
  readonly allowed: string;
  /** Turns the text into the property's type. Text that cannot be turned stays text, for the validators to refuse. */
  readonly parse: (text: string) => unknown;
  /** Set when the default hangs on another variable: the sentence that says how. */
  readonly defaultRule: string | undefined;
  /** Never shown, not even when it is wrong. */
  readonly secret: boolean;
}

const declared: Variable[] = [];

/** Every variable, in the order of the settings class: messages, `.env.example` and the README's table are held to this list. */
export const VARIABLES: readonly Variable[] = declared;

interface Wording {
  readonly meaning: string;
  readonly defaultRule?: string;
  readonly secret?: true;
}

/** A whole number, `min` and `max` included. */
export function WholeNumber(limits: { readonly min: number; readonly max: number } & Wording): PropertyDecorator {
  const { min, max } = limits;
  return applyDecorators(variable(limits, `a whole number from ${min} to ${max}`, parseNumber), IsInt(), Min(min), Max(max));
}

/** A number with or without decimals, `min` and `max` included. */
export function Decimal(limits: { readonly min: number; readonly max: number } & Wording): PropertyDecorator {
  const { min, max } = limits;
  return applyDecorators(variable(limits, `a number from ${min} to ${max}`, parseNumber), IsNumber(), Min(min), Max(max));
}

/** A duration in seconds, tenths allowed. A day is the longest that makes sense, and far below what timers can hold. */
export function Seconds(wording: { readonly min: number } & Wording): PropertyDecorator {
  return Decimal({ ...wording, max: 86_400 });
}

/** How many proxies are trusted: a number, or `true` for one and `false` for none. */
export function ProxyCount(wording: { readonly max: number } & Wording): PropertyDecorator {
  const { max } = wording;
  const parse = (text: string) => {
    const flag = parseFlag(text);
    return typeof flag === 'boolean' ? Number(flag) : parseNumber(text);
  };
  return applyDecorators(
    variable(wording, `the number of proxies from 0 to ${max}, or true (one) or false (none)`, parse),
    IsInt(),
    Min(0),
    Max(max),
  );
}

export function Flag(wording: Wording): PropertyDecorator {
  return applyDecorators(variable(wording, 'true, false, 1 or 0', parseFlag), IsBoolean());
}

/** Text that matches `pattern`; `allowed` says the same in words. */
export function Text(pattern: RegExp, allowed: string, wording: Wording): PropertyDecorator {
  return applyDecorators(variable(wording, allowed, asIs), IsString(), Matches(pattern));
}

export function OneOf(values: readonly string[], wording: Wording): PropertyDecorator {
  return applyDecorators(variable(wording, `one of ${values.join(', ')}`, asIs), IsIn(values));
}

/** Some of `values`, comma separated, at least one. */
export function SomeOf(values: readonly string[], wording: Wording): PropertyDecorator {
  return applyDecorators(
    variable(wording, `a comma-separated list of ${values.join(', ')}`, parseList),
    ArrayNotEmpty(),
    IsIn(values, { each: true }),
  );
}

/** Texts that each match `pattern`, comma separated, at least one unless there may be none. */
export function Texts(pattern: RegExp, allowed: string, wording: Wording & { readonly orNone?: true }): PropertyDecorator {
  const counted = wording.orNone ? [] : [ArrayNotEmpty()];
  return applyDecorators(variable(wording, allowed, parseList), ...counted, Matches(pattern, { each: true }));
}

/** An address whose paths are appended by us, so a slash at its end is dropped. */
export function Address(protocols: readonly string[], wording: Wording): PropertyDecorator {
  const allowed = `a URL that begins with ${protocols.map((protocol) => `${protocol}://`).join(' or ')}, without query or fragment`;
  return applyDecorators(
    variable(wording, allowed, (text) => text.replace(/\/+$/, '')),
    IsUrl({
      protocols: [...protocols],
      require_protocol: true,
      require_tld: false,
      allow_query_components: false,
      allow_fragments: false,
    }),
  );
}

function variable(wording: Wording, allowed: string, parse: (text: string) => unknown): PropertyDecorator {
  return (_settings, property) => {
    declared.push({
      name: variableName(String(property)),
      property: String(property),
      meaning: wording.meaning,
      allowed,
      parse,
      defaultRule: wording.defaultRule,
      secret: wording.secret ?? false,
    });
  };
}

function variableName(property: string): string {
  return property.replace(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase();
}

function asIs(text: string): string {
  return text;
}

function parseNumber(text: string): unknown {
  return /^[+-]?\d+(\.\d+)?$/.test(text) ? Number(text) : text;
}

function parseFlag(text: string): unknown {
  const word = text.toLowerCase();
  if (word === 'true' || word === '1') return true;
  if (word === 'false' || word === '0') return false;
  return text;
}

function parseList(text: string): string[] {
  const entries = text.split(',').map((entry) => entry.trim());
  return [...new Set(entries.filter((entry) => entry !== ''))];
}
