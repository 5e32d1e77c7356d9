/** What one worker counts, for the pages that tell about all of them. */
export interface WorkerFigures {
  readonly active: number;
  readonly established: number;
  /** Frames written, by kind. */
  readonly sent: Readonly<Record<string, number>>;
  /** Subscriptions, by kind. */
  readonly memberships: Readonly<Record<string, number>>;
}

/** What workers that answered count together. */
export function sumOf(figures: readonly WorkerFigures[]): WorkerFigures {
  const sum = (read: (of: WorkerFigures) => number) => figures.reduce((total, of) => total + read(of), 0);
  return {
    active: sum(({ active }) => active),
    established: sum(({ established }) => established),
    sent: sumByLabel(figures.map(({ sent }) => sent)),
    memberships: sumByLabel(figures.map(({ memberships }) => memberships)),
  };
}

function sumByLabel(all: readonly Readonly<Record<string, number>>[]): Record<string, number> {
  const sums: Record<string, number> = {};
  for (const one of all) for (const [label, count] of Object.entries(one)) sums[label] = (sums[label] ?? 0) + count;
  return sums;
}
