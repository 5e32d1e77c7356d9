import type { CellResult } from './cell';

const HEAD = ['fails', 'how', 'meanwhile', 'noticed', 'silent', 'silent, hit', 'one upstream', 'duplicates', 'gaps declared', 'gaps undeclared', 'other faults', 'left out', 'again in a new epoch', 'compared']; // prettier-ignore

/** A markdown table; times in seconds. */
export function tableOf(results: readonly CellResult[]): string {
  const rows = results.map(({ target, fault, load, detected, silent, gapsDeclared, oneUpstream, verdict, problems }) => {
    const { violations, duplicates, gapsUndeclared, jumps, repeats, looked } = verdict;
    const others = violations.length - duplicates - gapsUndeclared + problems.length;
    return [
      ...[target, fault, load, seconds(detected), seconds(silent.others), seconds(silent.hit), seconds(oneUpstream)],
      ...[duplicates, gapsDeclared, gapsUndeclared, others, jumps, repeats, looked.compared].map(String),
    ];
  });
  return [HEAD, HEAD.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}

function seconds(ms: number | undefined): string {
  return ms === undefined ? '–' : (ms / 1000).toFixed(1);
}

const BEGIN = '<!-- fault matrix: begin -->';
const END = '<!-- fault matrix: end -->';

/** The page with another table between its two marks. Throws when it has none. */
export function withTable(page: string, table: string): string {
  const begin = page.indexOf(BEGIN);
  const end = page.indexOf(END);
  if (begin < 0 || end < begin) throw new Error(`the page has no ${BEGIN} … ${END}`);
  return `${page.slice(0, begin + BEGIN.length)}\n\n${table}\n\n${page.slice(end)}`;
}
