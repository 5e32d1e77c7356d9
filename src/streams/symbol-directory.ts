import type { ExchangeMarket } from './stream';

export type SymbolAnswer =
  | { readonly known: true }
  /** `nearest`: up to three real symbols of the market that look most like the one asked for. */
  | { readonly known: false; readonly nearest: readonly string[] };

/** Knows which symbols trade. An abstract class, so that it can be a provider's token as well as its type. */
export abstract class SymbolDirectory {
  /** When the list of a market cannot be had every symbol counts as known: the exchange decides. */
  abstract look(market: ExchangeMarket, symbol: string): SymbolAnswer;
}
