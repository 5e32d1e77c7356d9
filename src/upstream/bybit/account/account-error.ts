/**
 * `off`: no account is followed here. `refused`: the exchange does not take the key. `limited`: it limits us, or asks for time.
 * `unreachable`: it does not answer, or not with what it documents. `rejected`: it understood, and said no to this one request.
 */
export type AccountTrouble = 'off' | 'refused' | 'limited' | 'unreachable' | 'rejected';

/** What went wrong with the account; its message names no credentials and is safe to show. */
export class AccountError extends Error {
  override readonly name = 'AccountError';

  constructor(
    readonly reason: AccountTrouble,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}
