import { slotOf } from './slot';

describe('slotOf', () => {
  // As CLUSTER KEYSLOT of Redis 7 answers.
  it.each([
    ['', 0],
    ['123456789', 12739],
    ['foo', 12182],
    ['{foo}bar', 12182],
    ['a{foo}b{bar}', 12182],
    ['{}foo', 9500],
    ['foo{', 7673],
    ['tapecast:{futures.ticker.BTCUSDT}:state', 6369],
    ['tapecast:{futures.ticker.BTCUSDT}', 6369],
    ['ключ', 10303],
  ])('puts %j into slot %d, as Redis does', (key, slot) => {
    expect(slotOf(key)).toBe(slot);
  });
});
