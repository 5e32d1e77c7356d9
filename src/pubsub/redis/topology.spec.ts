import { topologyIn } from './topology';

const ASKED = { host: '10.0.0.9', port: 7000 };

describe('the topology of a cluster', () => {
  it('names each master once, and the owner of every slot', () => {
    const { masters, ownerOf } = topologyIn(
      [
        [0, 99, ['10.0.0.1', 7001, 'id1', []], ['10.0.0.5', 7005, 'id5', []]],
        [100, 8191, ['10.0.0.2', 7002, 'id2', []]],
        [8192, 16_383, ['10.0.0.1', 7001, 'id1', []]],
      ],
      ASKED,
    );
    expect(masters).toEqual([
      { host: '10.0.0.1', port: 7001 },
      { host: '10.0.0.2', port: 7002 },
    ]);
    expect([0, 99, 100, 8191, 8192, 16_383].map(ownerOf)).toEqual([0, 0, 1, 1, 0, 0]);
  });

  it.each([[''], [null], ['?']])('takes a node without an address (%j) for the one that was asked', (host) => {
    expect(topologyIn([[0, 16_383, [host, 7001]]], ASKED).masters).toEqual([{ host: '10.0.0.9', port: 7001 }]);
  });

  it('is none while a slot has no owner', () => {
    expect(() => topologyIn([[0, 16_382, ['10.0.0.1', 7001]]], ASKED)).toThrow('does not serve all slots');
  });
});
