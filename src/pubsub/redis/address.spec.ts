import { clusterAddress, serverAddress } from './address';

describe('an address of Redis', () => {
  it.each([
    ['redis://localhost', { host: 'localhost', port: 6379 }, {}],
    ['redis://10.0.0.1:7000/0', { host: '10.0.0.1', port: 7000 }, {}],
    ['redis://[::1]:7000/3', { host: '::1', port: 7000 }, { db: 3 }],
    ['redis://:p%40s%2Fs@redis', { host: 'redis', port: 6379 }, { password: 'p@s/s' }],
    [
      'rediss://me:secret@redis.example:6380',
      { host: 'redis.example', port: 6380 },
      { username: 'me', password: 'secret', tls: {} },
    ],
  ])('is read from %s', (url, at, access) => {
    expect(serverAddress(url)).toEqual({ seeds: [at], cluster: false, access });
  });

  it('of a cluster is a list of nodes, of which the first says how to get in', () => {
    expect(clusterAddress(['rediss://:secret@a:7000', 'b:7001', 'rediss://[fe80::1]:7002'])).toEqual({
      seeds: [
        { host: 'a', port: 7000 },
        { host: 'b', port: 7001 },
        { host: 'fe80::1', port: 7002 },
      ],
      cluster: true,
      access: { password: 'secret', tls: {} },
    });
  });
});
