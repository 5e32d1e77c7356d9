import type { Column } from './cases/case';
import { OURS, type RoundMeasurement } from './measurement';

/** One line of a case's table: all rounds of one variant on one target. */
interface Row {
  readonly variant: string;
  readonly target: string;
  readonly rounds: RoundMeasurement[];
}

export interface Summary {
  readonly case: string;
  readonly variant: string;
  readonly target: string;
  readonly rounds: number;
  readonly figures: Readonly<Record<string, { readonly median: number; readonly least: number; readonly most: number }>>;
  /** CPU per delivery as a multiple of the gateway's in the same round; the median over rounds. */
  readonly ratio: number | undefined;
  readonly notes: readonly string[];
}

export function summariesOf(measurements: readonly RoundMeasurement[]): Summary[] {
  const rows = rowsOf(measurements);
  return rows.map(({ variant, target, rounds }) => {
    const names = [...new Set(rounds.flatMap(({ figures }) => Object.keys(figures)))];
    return {
      case: rounds[0]?.case ?? '',
      variant,
      target,
      rounds: rounds.length,
      figures: Object.fromEntries(names.map((name) => [name, spread(rounds.map(({ figures }) => figures[name] ?? NaN))])),
      ratio: ratioTo(rows, { variant, target, rounds }),
      notes: counted(rounds.flatMap(({ notes }) => notes)),
    };
  });
}

/** What is measured, and which figures of it are shown. */
interface Shown {
  readonly name: string;
  readonly about: string;
  readonly aim: string;
  readonly columns: readonly Column[];
}

/** The table of one case. */
export function tableOf(one: Shown, summaries: readonly Summary[]): string {
  const mine = summaries.filter((summary) => summary.case === one.name);
  const ratios = mine.some(({ ratio }) => ratio !== undefined);
  const header = ['', '', ...one.columns.map(({ title }) => title), ...(ratios ? ['CPU vs. ours'] : [])];
  const lines = mine.map((summary) => [
    summary.variant,
    summary.target,
    ...one.columns.map((column) => cell(summary, column)),
    ...(ratios ? [summary.ratio === undefined ? '' : `${summary.ratio.toFixed(1)}x`] : []),
  ]);
  const widths = header.map((_, i) => Math.max(...[header, ...lines].map((line) => line[i]?.length ?? 0)));
  const text = [header, ...lines].map((line) =>
    line.map((value, i) => (i < 2 ? value.padEnd(widths[i] ?? 0) : value.padStart(widths[i] ?? 0))).join('  '),
  );
  const notes = mine.flatMap(({ variant, target, notes: all }) => all.map((note) => `  ! ${variant}, ${target}: ${note}`));
  return [`\n${one.name}: ${one.about}`, `aim: ${one.aim}`, ...text.map((line) => `  ${line.trimEnd()}`), ...notes].join('\n');
}

function rowsOf(measurements: readonly RoundMeasurement[]): Row[] {
  const rows: Row[] = [];
  for (const measurement of measurements) {
    const { variant, target } = measurement;
    const row = rows.find((one) => one.variant === variant && one.target === target && one.rounds[0]?.case === measurement.case);
    if (row) row.rounds.push(measurement);
    else rows.push({ variant, target, rounds: [measurement] });
  }
  const variants = [...new Set(rows.map(({ variant }) => variant))];
  return rows.sort((a, b) => variants.indexOf(a.variant) - variants.indexOf(b.variant));
}

function ratioTo(rows: readonly Row[], row: Row): number | undefined {
  if (row.target === OURS) return undefined;
  const ours = rows.find(
    (one) => one.target === OURS && one.variant === row.variant && one.rounds[0]?.case === row.rounds[0]?.case,
  );
  const ratios = row.rounds.flatMap(({ figures, round }) => {
    const ratio = (figures['cpuMicros'] ?? NaN) / (ours?.rounds.find((one) => one.round === round)?.figures['cpuMicros'] ?? NaN);
    return Number.isFinite(ratio) ? [ratio] : [];
  });
  return ratios.length > 0 ? spread(ratios).median : undefined;
}

/** NaN counts as not measured. */
function spread(values: readonly number[]): { median: number; least: number; most: number } {
  const sorted = values.filter((value) => !Number.isNaN(value)).sort((a, b) => a - b);
  const [low, high] = [sorted[(sorted.length - 1) >> 1] ?? NaN, sorted[sorted.length >> 1] ?? NaN];
  return { median: (low + high) / 2, least: sorted[0] ?? NaN, most: sorted.at(-1) ?? NaN };
}

function cell({ figures, rounds }: Summary, { figure, digits, times = 1 }: Column): string {
  const value = figures[figure];
  if (!value || Number.isNaN(value.median)) return '-';
  const show = (amount: number) => (amount * times).toFixed(digits);
  return rounds > 1 ? `${show(value.median)} (${show(value.least)}-${show(value.most)})` : show(value.median);
}

function counted(notes: readonly string[]): string[] {
  const times = new Map<string, number>();
  for (const note of notes) times.set(note, (times.get(note) ?? 0) + 1);
  return [...times].map(([note, count]) => (count > 1 ? `${note} (${count} rounds)` : note));
}
