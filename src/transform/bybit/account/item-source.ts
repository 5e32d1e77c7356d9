import type { Origin } from '../../../streams/account';

/** Where an item of the account comes from, and what it does not say by itself. */
export interface ItemSource {
  readonly origin: Origin;
  /** Of the answer that it stands in; a push names it in the item. */
  readonly category?: string;
  /** When the exchange made the frame or the answer, ms. */
  readonly time: number;
}
