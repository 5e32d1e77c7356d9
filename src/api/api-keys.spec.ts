import { ApiKeys, hashOfKey } from './api-keys';

describe('ApiKeys', () => {
  const keys = new ApiKeys([`risk:${hashOfKey('one')}`, `desk:${hashOfKey('two')}`, `risk:${hashOfKey('three')}`]);

  it.each([
    ['one', 'risk'],
    ['two', 'desk'],
    ['three', 'risk'],
    ['four', undefined],
    ['', undefined],
    [hashOfKey('one'), undefined],
  ])('knows %j as %j', (key, name) => {
    expect(keys.nameOf(key)).toBe(name);
  });

  it('says whether there is any', () => {
    expect([keys.any, new ApiKeys([]).any]).toEqual([true, false]);
  });
});
