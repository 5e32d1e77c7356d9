/**
 * What no client may ever see. `gap`: numbers or entries missing without a word. `duplicate`: a number or an entry again.
 * `regress`: an older place of an epoch; `return`: an older place of one that was left for another in between. `content`: the same number with another content. `book`: an order book that is not what the
 * exchange's was. `status`: told at the end that something is wrong, when nothing is. `protocol`: anything else that docs/protocol.md rules out.
 */
export type Fault = 'gap' | 'duplicate' | 'regress' | 'return' | 'content' | 'book' | 'status' | 'protocol';

export interface Violation {
  readonly fault: Fault;
  readonly client: string;
  readonly stream: string;
  /** When it was heard. */
  readonly at: number;
  readonly what: string;
}
