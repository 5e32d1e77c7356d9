/** Fetches a URL and answers its JSON. Rejects when there is none in time or the status is not 2xx. */
export type FetchJson = (url: string) => Promise<unknown>;

/** What went wrong with a REST call; its message is for logs. */
export class RestError extends Error {
  override readonly name = 'RestError';

  constructor(
    message: string,
    /** The exchange limits us: calls must stop for ten minutes. */
    readonly limited = false,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

const TIMEOUT_MS = 10_000;

export const fetchJson: FetchJson = async (url) => {
  let response: Response;
  try {
    response = await fetch(url, { signal: AbortSignal.timeout(TIMEOUT_MS), headers: { accept: 'application/json' } });
  } catch (cause) {
    throw new RestError(`no answer from ${new URL(url).host}`, false, { cause });
  }
  if (response.ok) return response.json();
  await response.body?.cancel();
  throw new RestError(
    `HTTP ${response.status} from ${new URL(url).pathname}`,
    response.status === 403 || response.status === 429,
  );
};
