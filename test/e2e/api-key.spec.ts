import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { ApiKeys } from '../../src/api/api-keys';
import { readSettings } from '../../src/config/read-settings';

function apiKey(...args: string[]): { readonly status: number | null; readonly text: string } {
  const { status, stdout, stderr } = spawnSync('node', ['dist/api/api-key.js', ...args], {
    cwd: join(__dirname, '../..'),
    encoding: 'utf8',
  });
  return { status, text: stdout + stderr };
}

describe('npm run api-key', () => {
  it('shows a key, and what API_KEYS is to hold of it', () => {
    const { status, text } = apiKey('risk.engine_2');
    expect(status).toBe(0);
    const [, key, pair] = /\n {2}(\S+)\n[^]*\n {2}(\S+)\n/.exec(text) as unknown as [string, string, string];
    expect(key).toMatch(/^[\w-]{43}$/);
    expect(pair).not.toContain(key);
    expect(new ApiKeys(readSettings({ API_KEYS: pair }).apiKeys).nameOf(key)).toBe('risk.engine_2');
  });

  it('makes another one each time', () => {
    expect(apiKey('a').text).not.toBe(apiKey('a').text);
  });

  it.each([{ args: [] }, { args: ['two words'] }, { args: ['a:b'] }, { args: ['a', 'b'] }, { args: [''] }])(
    'refuses $args and says what it needs',
    ({ args }) => {
      const { status, text } = apiKey(...args);
      expect([status, text]).toEqual([
        1,
        expect.stringMatching(/^Name who will use the key.*\n\nUsage: npm run api-key -- NAME\n$/),
      ]);
    },
  );
});
