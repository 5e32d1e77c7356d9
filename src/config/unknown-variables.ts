import { editDistance } from '../streams/nearest';
import type { Environment } from './read-settings';
// Declares the variables.
import './settings';
import { VARIABLES } from './variable';

/** What begins so is meant for us. */
const PREFIXES = ['BYBIT_', 'UPSTREAM_', 'CLIENT_', 'MAX_', 'FANOUT_'];
/** A misspelling differs by two letters at most; in a short name by one, or HOME would be a misspelling of HOST. */
const MISSPELT = 2;
const SHORT = 8;
/** A name that differs more than this is no help. */
const HELPFUL = 8;

export interface UnknownVariable {
  readonly variable: string;
  /** The variable of ours that looks most like it. */
  readonly nearest: string | undefined;
}

/** Variables that are set, are not ours, and look as if they were meant to be. Their values are nobody's business. */
export function unknownVariables(env: Environment): UnknownVariable[] {
  const ours = VARIABLES.map(({ name }) => name);
  return Object.keys(env).flatMap((variable) => {
    if (ours.includes(variable)) return [];
    const meant = PREFIXES.some((prefix) => variable.startsWith(prefix));
    const bound = meant ? HELPFUL : variable.length < SHORT ? 1 : MISSPELT;
    const [nearest] = ours
      .map((name) => ({ name, distance: editDistance(variable, name, bound) }))
      .filter(({ distance }) => distance <= bound)
      .sort((a, b) => a.distance - b.distance);
    return meant || nearest ? [{ variable, nearest: nearest?.name }] : [];
  });
}
