import { inspect } from 'node:util';
import { BybitCredentials } from './credentials';

const credentials = new BybitCredentials('my-key', 'test-secret');

test('signs the request of a private socket as documented', () => {
  expect(JSON.parse(credentials.authText('1', 1711010121452))).toEqual({
    req_id: '1',
    op: 'auth',
    args: ['my-key', 1711010121452, '5795d383b420ac992af406408d13bac3bec8ef51c1df13637fc01e0451fa1f61'],
  });
});

test('signs time, key, window and query of a call', () => {
  // printf '1700000000000my-key5000category=linear&limit=50' | openssl dgst -sha256 -hmac test-secret
  expect(credentials.headers(1_700_000_000_000, 'category=linear&limit=50')).toEqual({
    'X-BAPI-API-KEY': 'my-key',
    'X-BAPI-TIMESTAMP': '1700000000000',
    'X-BAPI-RECV-WINDOW': '5000',
    'X-BAPI-SIGN': 'ed635e337cec8a498c4b151201d9477fd5b57c2dbab5f9964a98a2fcb8b15ae0',
  });
});

test('shows itself to nobody', () => {
  const holder = { options: { credentials } };
  const shown = [
    JSON.stringify(holder),
    inspect(holder, { depth: null, showHidden: true }),
    inspect(credentials, { customInspect: false, showHidden: true, depth: null }),
    String(credentials),
    Object.keys(credentials).join(),
  ].join();
  expect(shown).not.toMatch(/my-key|test-secret/);
});
