/** Fetches a URL and answers its JSON. Rejects when there is none in time or the status is not 2xx. */
export type FetchJson = (url: string, headers?: Readonly<Record<string, string>>) => Promise<unknown>;

/** What went wrong with a REST call; its message is for logs. */
export class RestError extends Error {
  override readonly name = 'RestError';
  /** Of an answer that is not 2xx. */
  readonly status: number | undefined;

  constructor(
    message: string,
    /** The exchange limits us: calls must stop for ten minutes. */
    readonly limited = false,
    options: ErrorOptions & { readonly status?: number } = {},
  ) {
    super(message, options);
    this.status = options.status;
  }
}

const TIMEOUT_MS = 10_000;

export const fetchJson: FetchJson = async (url, headers) => {
  let response: Response;
  try {
    response = await fetch(url, {
      signal: AbortSignal.timeout(TIMEOUT_MS),
      headers: { accept: 'application/json', ...headers },
      // Headers that sign a request would go along to wherever it is sent on.
      redirect: headers ? 'error' : 'follow',
    });
  } catch (cause) {
    throw new RestError(`no answer from ${new URL(url).host}`, false, { cause });
  }
  if (response.ok) return response.json();
  await response.body?.cancel();
  throw new RestError(
    `HTTP ${response.status} from ${new URL(url).pathname}`,
    response.status === 403 || response.status === 429,
    { status: response.status },
  );
};
