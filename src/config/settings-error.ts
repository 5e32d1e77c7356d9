/** One wrong variable. */
export interface Mistake {
  readonly variable: string;
  /** As it was set; a password in an address is blanked. */
  readonly value: string;
  /** Completes the sentence "must be …". */
  readonly allowed: string;
}

/** The environment cannot be used. The message names every mistake, so that one start finds them all. */
export class SettingsError extends Error {
  override readonly name = 'SettingsError';

  constructor(readonly mistakes: readonly Mistake[]) {
    const lines = mistakes.map(({ variable, value, allowed }) => `  ${variable}=${JSON.stringify(value)} must be ${allowed}`);
    super(`Wrong settings (${mistakes.length}):\n${lines.join('\n')}`);
  }
}
