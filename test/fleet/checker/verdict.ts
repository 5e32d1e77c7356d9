import { checkBooks } from './books';
import type { ClientLog } from './client-log';
import { checkContents } from './contents';
import { checkEntries } from './entries';
import type { Reference } from './reference';
import { readSequence } from './sequence';
import type { Violation } from './violation';

/** What the logs of all clients say about a fleet. */
export interface Verdict {
  readonly violations: readonly Violation[];
  readonly duplicates: number;
  readonly gapsDeclared: number;
  readonly gapsUndeclared: number;
  /** Numbers of tickers and candles that were left out for clients that read slowly. */
  readonly jumps: number;
  /** Entries that came again in another epoch of their stream. */
  readonly repeats: number;
  /** How much was looked at: numbered frames, pairs of the same number, distinct books rebuilt, entries of log streams. */
  readonly looked: { readonly frames: number; readonly compared: number; readonly books: number; readonly entries: number };
  /** Books and entries that the reference did not hear, because it was cut off itself. */
  readonly unreferenced: number;
}

/** Looks through the logs of all clients of a fleet; the reference is optional, and without it only the logs are compared. */
export function verdictOf(logs: readonly ClientLog[], reference?: Reference): Verdict {
  const sequences = logs.map(({ client, entries }) => readSequence(client, entries));
  const steps = sequences.flatMap((sequence) => sequence.steps);
  const contents = checkContents(steps);
  const books = checkBooks(steps, reference);
  const entries = reference ? checkEntries(steps, reference) : { violations: [], entries: 0, repeats: 0, unreferenced: 0 };
  const violations = [
    ...sequences.flatMap((sequence) => sequence.violations),
    ...contents.violations,
    ...books.violations,
    ...entries.violations,
  ];
  const count = (...faults: Violation['fault'][]) => violations.filter(({ fault }) => faults.includes(fault)).length;
  return {
    violations,
    duplicates: count('duplicate', 'regress'),
    gapsDeclared: sum(sequences.map(({ gapsDeclared }) => gapsDeclared)),
    gapsUndeclared: count('gap'),
    jumps: sum(sequences.map(({ jumps }) => jumps)),
    repeats: entries.repeats,
    looked: { frames: steps.length, compared: contents.compared, books: books.books, entries: entries.entries },
    unreferenced: books.unreferenced + entries.unreferenced,
  };
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
