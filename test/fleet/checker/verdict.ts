import { checkBooks } from './books';
import { checkCandles } from './candles';
import type { ClientLog } from './client-log';
import { checkContents } from './contents';
import { checkEntries } from './entries';
import type { Reference } from './reference';
import { readSequence } from './sequence';
import { checkStatuses } from './statuses';
import type { Violation } from './violation';

/** What the logs of all clients say about a fleet. */
export interface Verdict {
  readonly violations: readonly Violation[];
  readonly duplicates: number;
  readonly gapsDeclared: number;
  readonly gapsUndeclared: number;
  /** Times that numbers of tickers and candles were left out for clients that may have read slowly. */
  readonly jumps: number;
  /** Entries that came again in another epoch of their stream. */
  readonly repeats: number;
  /** How much was looked at: numbered frames, pairs of the same number, distinct books rebuilt, entries of log streams. */
  readonly looked: { readonly frames: number; readonly compared: number; readonly books: number; readonly entries: number };
  /** Books and entries that the reference did not hear, because it was cut off itself. */
  readonly unreferenced: number;
}

/**
 * Looks through the logs of all clients of a fleet that is well at their end; the reference is optional, and without it only the logs are
 * compared.
 * @param isFast whether a client reads at once all that comes; without it any may have lagged
 */
export function verdictOf(
  logs: readonly ClientLog[],
  reference?: Reference,
  isFast: (log: ClientLog) => boolean = () => false,
): Verdict {
  const sequences = logs.map((log) => readSequence(log.client, log.entries, isFast(log)));
  const steps = sequences.flatMap((sequence) => sequence.steps);
  const contents = checkContents(steps);
  const books = checkBooks(steps, reference);
  const entries = reference ? checkEntries(steps, reference) : { violations: [], entries: 0, repeats: 0, unreferenced: 0 };
  const candles = reference ? checkCandles(steps, reference) : [];
  const violations = [
    ...sequences.flatMap((sequence) => sequence.violations),
    ...contents.violations,
    ...books.violations,
    ...entries.violations,
    ...candles,
    ...logs.flatMap(checkStatuses),
  ];
  const count = (...faults: Violation['fault'][]) => violations.filter(({ fault }) => faults.includes(fault)).length;
  return {
    violations,
    duplicates: count('duplicate', 'regress', 'return'),
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
