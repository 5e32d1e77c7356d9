import { createHash, timingSafeEqual } from 'node:crypto';

/** Bytes of a key that `npm run api-key` makes: nobody guesses it. */
export const KEY_BYTES = 32;

interface NamedHash {
  readonly name: string;
  readonly hash: Buffer;
}

/** Hex of what is kept of a key. A key has too much chance in it for a slow hash to add anything. */
export function hashOfKey(key: string): string {
  return createHash('sha256').update(key).digest('hex');
}

/** The keys that may be used, of which only the hashes are known. */
export class ApiKeys {
  private readonly known: readonly NamedHash[];

  /** @param pairs `name:sha256hex`, as API_KEYS has them; a name may have several keys, so that one can be replaced */
  constructor(pairs: readonly string[]) {
    this.known = pairs.map((pair) => {
      const colon = pair.lastIndexOf(':');
      return { name: pair.slice(0, colon), hash: Buffer.from(pair.slice(colon + 1), 'hex') };
    });
  }

  /** Without any the interface is closed. */
  get any(): boolean {
    return this.known.length > 0;
  }

  /** The name of a key, undefined when it is none of ours. Takes as long for each: every hash is compared in constant time. */
  nameOf(key: string): string | undefined {
    const hash = Buffer.from(hashOfKey(key), 'hex');
    let found: string | undefined;
    for (const { name, hash: known } of this.known) if (timingSafeEqual(hash, known)) found ??= name;
    return found;
  }
}
