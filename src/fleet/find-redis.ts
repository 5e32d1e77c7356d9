import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';

/** Where systems put servers that are not in everybody's PATH. */
const MORE_FOLDERS = ['/usr/sbin', '/usr/local/sbin', '/usr/local/bin', '/opt/homebrew/bin'];

export const HOW_TO_GET_REDIS = `There is no redis-server on this machine. One of these gets it:
  apt-get install redis-server
  brew install redis
  docker run --rm -p 6379:6379 redis:7    and then: REDIS_URL=redis://127.0.0.1:6379 npm run fleet`;

/** The path of redis-server; undefined when this machine has none. */
export function findRedis(path: string): string | undefined {
  const folders = [...path.split(delimiter), ...MORE_FOLDERS].filter((folder) => folder !== '');
  return folders.map((folder) => join(folder, 'redis-server')).find(isExecutable);
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
