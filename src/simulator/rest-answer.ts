/** A logical error: HTTP 200 with a code of the exchange, on the order entry socket a reply with it. */
export class RestError extends Error {
  constructor(
    readonly retCode: number,
    message: string,
  ) {
    super(message);
  }
}

/** The envelope around what `route` gives, or around the logical error that it throws. */
export function restAnswer(time: number, route: () => object): object {
  try {
    return { retCode: 0, retMsg: 'OK', result: route(), retExtInfo: {}, time };
  } catch (error) {
    if (!(error instanceof RestError)) throw error;
    return { retCode: error.retCode, retMsg: error.message, result: {}, retExtInfo: {}, time };
  }
}
