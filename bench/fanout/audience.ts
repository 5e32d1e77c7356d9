import { seeded } from '../frames';
import type { Joiner } from '../load/clients';

export function symbolsOf(count: number): string[] {
  return Array.from({ length: count }, (_, i) => `B${String(i).padStart(3, '0')}USDT`);
}

/** Clients that each listen to so many of the symbols, every symbol about equally wanted, hardly two clients alike. */
export function mixedJoiners(clients: number, symbols: readonly string[], each: number, seed = 7): Joiner[] {
  const random = seeded(seed);
  return Array.from({ length: clients }, () => ({ streams: pick(symbols, each, () => Math.floor(random() * symbols.length)) }));
}

/** So many different symbols, drawn by rank with the odds of Zipf: the first is wanted most. */
export function zipfPicker(symbols: readonly string[], seed = 11): (count: number) => string[] {
  const random = seeded(seed);
  const sums: number[] = [];
  symbols.forEach((_, i) => sums.push((sums[i - 1] ?? 0) + 1 / (i + 1)));
  const total = sums.at(-1) ?? 0;
  const draw = () => {
    const at = random() * total;
    return sums.findIndex((sum) => sum > at);
  };
  return (count) => pick(symbols, count, draw);
}

function pick(symbols: readonly string[], count: number, draw: () => number): string[] {
  const picked = new Set<string>();
  while (picked.size < Math.min(count, symbols.length)) picked.add(symbols[draw()] ?? '');
  return [...picked];
}
