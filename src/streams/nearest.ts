const COUNT = 3;
/** A name that differs more is no help. */
const MAX_DISTANCE = 4;
/** Nothing that trades has a longer name; comparing longer ones would be work for nothing. */
const MAX_LENGTH = 40;

/**
 * Up to three names that look most like `wanted`, nearest first: names that it begins, or that begin it, count as one edit
 * away. Ties go to the shorter name, then to the alphabet.
 */
export function nearestNames(wanted: string, names: Iterable<string>): string[] {
  if (wanted === '' || wanted.length > MAX_LENGTH) return [];
  const found: { name: string; distance: number }[] = [];
  let bound = MAX_DISTANCE;
  for (const name of names) {
    const distance = name.startsWith(wanted) || wanted.startsWith(name) ? 1 : editDistance(wanted, name, bound);
    if (distance > bound) continue;
    found.push({ name, distance });
    if (found.length < 4 * COUNT) continue;
    found.sort(byNearness).length = COUNT;
    bound = found[COUNT - 1]?.distance ?? bound;
  }
  return found
    .sort(byNearness)
    .slice(0, COUNT)
    .map(({ name }) => name);
}

function byNearness(a: { name: string; distance: number }, b: { name: string; distance: number }): number {
  return a.distance - b.distance || a.name.length - b.name.length || (a.name < b.name ? -1 : 1);
}

/** Levenshtein's distance of two strings, or `bound + 1` when it is larger than `bound`. */
export function editDistance(a: string, b: string, bound: number): number {
  if (Math.abs(a.length - b.length) > bound) return bound + 1;
  let row = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    let best = i;
    for (let j = 1; j <= b.length; j++) {
      const swap = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      const cost = Math.min(swap, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1);
      next.push(cost);
      if (cost < best) best = cost;
    }
    if (best > bound) return bound + 1;
    row = next;
  }
  return Math.min(row[b.length] ?? 0, bound + 1);
}
