import { ACCOUNT_KINDS, type AccountKind } from './stream';

/** Named alike by the REST interface and in events. */
const ALIKE = ['ticker', 'orderbook', 'kline', 'liquidation', 'funding', ...ACCOUNT_KINDS] as const;

/** What back-end services may ask for, in the words of the REST interface. */
export const CHANNEL_TYPES = ['trades', ...ALIKE] as const;
export type ChannelType = (typeof CHANNEL_TYPES)[number];

/** What an event is about: the first word of its routing key, and of the queue of its class. */
export const EVENT_TYPES = ['trade', ...ALIKE] as const;
export type EventType = (typeof EVENT_TYPES)[number];

export function eventTypeOf(channel: ChannelType): EventType {
  return channel === 'trades' ? 'trade' : channel;
}

/** Channels about the platform's own account, which have no symbol. */
export function isAccountChannel(channel: ChannelType): channel is AccountKind {
  return (ACCOUNT_KINDS as readonly string[]).includes(channel);
}
