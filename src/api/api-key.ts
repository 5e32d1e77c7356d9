import { randomBytes } from 'node:crypto';
import { hashOfKey, KEY_BYTES } from './api-keys';

const NAME = /^[A-Za-z0-9_.-]{1,64}$/;

/** `npm run api-key -- NAME`: makes a key, shows it once, and what API_KEYS is to hold of it. */
function main([name, ...others]: readonly string[]): number {
  if (name === undefined || others.length > 0 || !NAME.test(name)) {
    process.stderr.write('Name who will use the key, in 1 to 64 letters, digits, - _ or .\n\nUsage: npm run api-key -- NAME\n');
    return 1;
  }
  const key = randomBytes(KEY_BYTES).toString('base64url');
  process.stdout.write(
    `Key of ${name}, to be sent as X-API-Key; it is not shown again:\n\n  ${key}\n\n` +
      `Add to API_KEYS, after a comma when there are others:\n\n  ${name}:${hashOfKey(key)}\n`,
  );
  return 0;
}

process.exitCode = main(process.argv.slice(2));
