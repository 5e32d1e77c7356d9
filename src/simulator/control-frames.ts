import type { Category } from './categories';

/**
 * Every answer of the control protocol, key for key as the exchange writes it. `reqId` is what the request carried; linear
 * and inverse echo a missing one as "", the others leave the key out.
 */
export interface Addressee {
  readonly connId: string;
  readonly reqId: string | undefined;
}

export type TopicOperation = 'subscribe' | 'unsubscribe';

/** Answer to a ping on a public socket. */
export function publicPong(category: Category, to: Addressee, now: number): string {
  if (category === 'option') return JSON.stringify({ args: [String(now)], op: 'pong' });
  return publicReply(category, true, 'pong', 'ping', to);
}

/** A request was granted; options answer with {@link commandResponse} instead. */
export function publicAck(category: Category, op: TopicOperation, to: Addressee): string {
  return publicReply(category, true, category === 'spot' ? op : '', op, to);
}

/** A request was refused as a whole. Spot does not echo the request's id here. */
export function publicRefusal(category: Category, op: string, reason: string, to: Addressee): string {
  return publicReply(category, false, reason, op, category === 'spot' ? { ...to, reqId: undefined } : to);
}

/** The options' answer: partial success, correlated by topics alone; `success` is true even when all failed. */
export function commandResponse(connId: string, successTopics: readonly string[], failTopics: readonly string[]): string {
  return JSON.stringify({ success: true, conn_id: connId, data: { successTopics, failTopics }, type: 'COMMAND_RESP' });
}

function publicReply(category: Category, success: boolean, retMsg: string, op: string, to: Addressee): string {
  const id = category === 'spot' ? (to.reqId ? { req_id: to.reqId } : {}) : { req_id: to.reqId ?? '' };
  return JSON.stringify({ success, ret_msg: retMsg, conn_id: to.connId, ...id, op });
}

/** Granted (empty `reason`) or refused, on the private socket: the id comes first. */
export function privateReply(success: boolean, reason: string, op: string, to: Addressee): string {
  return JSON.stringify({ ...leadingId(to), success, ret_msg: reason, op, conn_id: to.connId });
}

export function privatePong(to: Addressee, now: number): string {
  return JSON.stringify({ ...leadingId(to), op: 'pong', args: [String(now)], conn_id: to.connId });
}

/** The order entry socket speaks camel case. */
export function tradeReply(retCode: number, retMsg: string, op: string, to: Addressee): string {
  return JSON.stringify({ ...(to.reqId ? { reqId: to.reqId } : {}), retCode, retMsg, op, connId: to.connId });
}

/** Answer to an order request; the limits in its header are those of the lowest tier, and nobody counts here. */
export function orderReply(retCode: number, retMsg: string, op: string, data: object, to: Addressee, now: number): string {
  const time = String(now);
  return JSON.stringify({
    ...(to.reqId ? { reqId: to.reqId } : {}),
    retCode,
    retMsg,
    op,
    data,
    retExtInfo: {},
    header: {
      'X-Bapi-Limit': '10',
      'X-Bapi-Limit-Status': '9',
      'X-Bapi-Limit-Reset-Timestamp': time,
      Traceid: '',
      Timenow: time,
    },
    connId: to.connId,
  });
}

export function tradePong(to: Addressee, now: number): string {
  return JSON.stringify({
    ...(to.reqId ? { reqId: to.reqId } : {}),
    retCode: 0,
    retMsg: 'OK',
    op: 'pong',
    data: [String(now)],
    connId: to.connId,
  });
}

function leadingId({ reqId }: Addressee): object {
  return reqId ? { req_id: reqId } : {};
}
