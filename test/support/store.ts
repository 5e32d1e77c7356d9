import type { StoreLog } from '../../src/store/database';
import type { StoreReport } from '../../src/store/store';

/** A log that keeps its lines. */
export function storeLog(): StoreLog & { readonly lines: { readonly fields: object; readonly text: string }[] } {
  const lines: { readonly fields: object; readonly text: string }[] = [];
  const write = (fields: object, text: string) => void lines.push({ fields, text });
  return { lines, info: write, warn: write };
}

/** Removes every row. One statement; quicker for few rows than to truncate. */
export const EMPTYING = `
  with s as (delete from subscriptions), a as (delete from account_balances), m as (delete from account_margin_balances),
    o as (delete from outbox), f as (delete from account_facts), p as (delete from account_progress) delete from stream_places`;

interface Reporting {
  report(): StoreReport;
  onAvailable(listener: (available: boolean) => void): void;
}

/** Resolves when the store is available, or is not. */
export async function untilAvailable(store: Reporting, available = true): Promise<void> {
  if (store.report().available === available) return;
  await new Promise<void>((resolve) => {
    store.onAvailable((now) => {
      if (now === available) resolve();
    });
  });
}
