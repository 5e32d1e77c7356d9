/** What a client asked for. `args` as they came; {@link stringArgs} reads those of topic requests. */
export interface Request {
  readonly op: string;
  readonly args: readonly unknown[];
  readonly reqId: string | undefined;
  readonly text: string;
}

export interface Undecodable {
  /** In the words of the exchange's decoder. */
  readonly error: string;
}

const NOT_AN_OBJECT = 'readObjectStart: expect { or n, but found ';

/** Reads a request. `idKey` is `req_id`, or `reqId` on the order entry socket. */
export function decodeRequest(text: string, idKey: 'req_id' | 'reqId' = 'req_id'): Request | Undecodable {
  const start = text.search(/\S/);
  const first = text.charAt(start);
  if (first !== '{' && !text.startsWith('null', start)) {
    return { error: decodeError(NOT_AN_OBJECT + (first || '\u0000'), text, start + 1) };
  }
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    return { error: decodeError('readFieldHash: invalid JSON', text, text.length) };
  }
  const fields = (parsed ?? {}) as Readonly<Record<string, unknown>>;
  const { op, args } = fields as { op?: unknown; args?: unknown };
  const id = fields[idKey];
  if (args !== undefined && args !== null && !Array.isArray(args)) {
    const at = text.indexOf(':', text.indexOf('"args"')) + 1;
    const found = text.slice(at).trimStart().charAt(0);
    return { error: decodeError(`op.CmdReq.Args: []string: decode slice: expect [ or n, but found ${found}`, text, at + 1) };
  }
  return {
    op: typeof op === 'string' ? op : '',
    args: Array.isArray(args) ? args : [],
    reqId: typeof id === 'string' || typeof id === 'number' ? String(id) : undefined,
    text,
  };
}

/** The topics of a request. The exchange's decoder lets numbers pass as text, and nothing else. */
export function stringArgs(request: Request): readonly string[] | Undecodable {
  const odd = request.args.findIndex((arg) => typeof arg !== 'string' && typeof arg !== 'number' && arg !== null);
  if (odd < 0) return request.args.map((arg) => (arg === null ? '' : String(arg as string | number)));
  const head = elementStart(request.text, odd);
  return { error: decodeError('op.CmdReq.Args: []string: fuzzyStringDecoder: not number or string', request.text, head) };
}

/** Where the n-th element of args starts; all elements before it are strings, numbers or null. */
function elementStart(text: string, n: number): number {
  let at = text.indexOf('[', text.indexOf('"args"')) + 1;
  for (let i = 0; ;) {
    const rest = text.slice(at);
    const plain = /^\s*(?:"(?:[^"\\]|\\.)*"|-?[\d.eE+-]+|null)\s*,/.exec(rest);
    if (i === n || !plain) return at + (rest.length - rest.trimStart().length);
    at += plain[0].length;
    i++;
  }
}

/** The decoder shows 10 bytes around the place, then 50. */
function decodeError(message: string, text: string, head: number): string {
  const from = Math.max(0, head - 10);
  const near = text.slice(from, head + 10);
  const context = text.slice(Math.max(0, head - 50), head + 50);
  return `Failed to decode incoming data:${message}, error found in #${head - from} byte of ...|${near}|..., bigger context ...|${context}|...`;
}
