/** What the thread is given when it is started. */
export interface ThreadData {
  /** Where the database is, or is to be. */
  readonly directory: string;
}

/** To the thread. Statements are executed one after the other, in the order they come. */
export type Request = { readonly id: number; readonly sql: string; readonly parameters: readonly unknown[] } | 'close';

/** From the thread: whether the database was made or opened, then an answer to each request, and its end. Who made it ends. */
export type Answer =
  | 'made'
  | 'open'
  | { readonly refused: Failure }
  | { readonly id: number; readonly rows: readonly unknown[]; readonly affected: number }
  | { readonly id: number; readonly failure: Failure }
  | 'closed';

export interface Failure {
  readonly message: string;
  /** SQLSTATE, or what the system calls it. */
  readonly code: string;
}
