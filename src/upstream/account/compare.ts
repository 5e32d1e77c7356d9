import type { AccountOrder, AccountPosition, CoinBalance } from '../../streams/account';
import { isClosed } from '../../transform/bybit/account/order';

/** Fields by which two looks at the same thing differ in earnest. What moves with the market is not among them. */
const ORDER = ['status', 'price', 'quantity', 'filledQuantity', 'triggerPrice', 'takeProfit', 'stopLoss'] as const;
const POSITION = ['side', 'size', 'entryPrice', 'leverage', 'realisedPnl', 'takeProfit', 'stopLoss'] as const;
const COIN = ['walletBalance', 'locked', 'borrowed', 'realisedPnl'] as const;

/** Above 0 when `a` is newer than `b`, 0 when neither is. An order never comes back from its end, and is never less filled than before. */
export function orderAge(a: AccountOrder, b: AccountOrder): number {
  if (isClosed(a) !== isClosed(b)) return isClosed(a) ? 1 : -1;
  return Number(a.filledQuantity) - Number(b.filledQuantity) || a.updatedAt - b.updatedAt;
}

/** As {@link orderAge}. Fills count a position's sequence on, the rest only its time. */
export function positionAge(a: AccountPosition, b: AccountPosition): number {
  const fills = a.sequence === null || b.sequence === null ? 0 : a.sequence - b.sequence;
  return fills || a.updatedAt - b.updatedAt;
}

export function sameOrder(a: AccountOrder, b: AccountOrder): boolean {
  return ORDER.every((field) => alike(a[field], b[field]));
}

export function samePosition(a: AccountPosition, b: AccountPosition): boolean {
  return POSITION.every((field) => alike(a[field], b[field]));
}

export function sameCoin(a: CoinBalance, b: CoinBalance): boolean {
  return COIN.every((field) => alike(a[field] ?? '0', b[field] ?? '0'));
}

/** Whether there is anything of it, or owed of it. */
export function isEmpty({ walletBalance, borrowed }: CoinBalance): boolean {
  return Number(walletBalance) === 0 && Number(borrowed ?? 0) === 0;
}

/** A coin that the wallet does not show any more. */
export function zeroOf(coin: string): CoinBalance {
  return {
    coin,
    equity: '0',
    walletBalance: '0',
    locked: '0',
    borrowed: '0',
    accruedInterest: null,
    unrealisedPnl: null,
    realisedPnl: null,
    usdValue: '0',
  };
}

/** `0.10` of REST is `0.1` of a push. What another version remembered may lack a field of ours. */
function alike(a: string | null | undefined, b: string | null | undefined): boolean {
  const [one, other] = [a ?? null, b ?? null];
  return one === other || (one !== null && other !== null && plain(one) === plain(other));
}

function plain(decimal: string): string {
  return decimal.includes('.') ? decimal.replace(/\.?0+$/, '') : decimal;
}
