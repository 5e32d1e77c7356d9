import { tableOf, withTable } from './table';

describe('withTable', () => {
  it('replaces what stands between the marks and nothing else', () => {
    const page = 'before\n<!-- fault matrix: begin -->\nold\n<!-- fault matrix: end -->\nafter\n';
    const once = withTable(page, '| new |');
    expect(once).toBe('before\n<!-- fault matrix: begin -->\n\n| new |\n\n<!-- fault matrix: end -->\nafter\n');
    expect(withTable(once, '| new |')).toBe(once);
  });

  it('refuses a page without marks', () => {
    expect(() => withTable('nothing', '')).toThrow('fault matrix: begin');
  });
});

describe('tableOf', () => {
  it('shows seconds, and everything that is wrong in one of three columns', () => {
    const wrong = (fault: 'gap' | 'book') => ({ fault, client: 'c', stream: 's', at: 0, what: '' });
    const table = tableOf([
      {
        ...{ target: 'holder', fault: 'kill', load: 'idle' },
        ...{ detected: 12, silent: { hit: 2345, others: undefined }, oneUpstream: 0, gapsDeclared: 9 },
        verdict: {
          violations: [wrong('gap'), wrong('gap'), wrong('book')],
          ...{ duplicates: 0, gapsDeclared: 10, gapsUndeclared: 2, jumps: 5, unreferenced: 0, repeats: 4 },
          looked: { frames: 9, compared: 8, books: 7, entries: 6 },
        },
        problems: ['one more'],
        ...{ logs: [], output: {} },
      },
    ]);
    expect(table.split('\n')[2]).toBe('| holder | kill | idle | 0.0 | – | 2.3 | 0.0 | 0 | 9 | 2 | 2 | 5 | 4 | 8 |');
  });
});
