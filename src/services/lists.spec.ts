import { streamsView, symbolsView } from './lists';

const directory = {
  lists: () => [
    { key: 'option.BTC', symbols: ['BTC-27MAR26-70000-P'] },
    { key: 'spot', symbols: ['ETHUSDT', 'BTCUSDT'] },
    { key: 'futures', symbols: ['BTCUSDT'] },
  ],
};

describe('the lists', () => {
  it('of symbols go by market and name, and can be narrowed', () => {
    expect(symbolsView(directory, {})).toEqual({
      symbols: [
        { symbol: 'BTCUSDT', market: 'futures' },
        { symbol: 'BTCUSDT', market: 'spot' },
        { symbol: 'ETHUSDT', market: 'spot' },
        { symbol: 'BTC-27MAR26-70000-P', market: 'option' },
      ],
      total: 4,
    });
    expect(symbolsView(directory, { market: 'spot', query: 'ETH' }).symbols).toEqual([{ symbol: 'ETHUSDT', market: 'spot' }]);
    expect(symbolsView(directory, { query: 'NONE' })).toEqual({ symbols: [], total: 0 });
  });

  it('of streams add up who listens, and show the newest place that anybody knows', () => {
    const about = { stream: 'futures.ticker.BTCUSDT', receivedAt: 0 };
    expect(
      streamsView(
        'mudrex',
        [
          { ...about, subscribers: 2, seq: 4 },
          { stream: 'account.order', subscribers: 1, seq: 0, receivedAt: 0 },
          { ...about, subscribers: 3, seq: 5, receivedAt: 1000 },
        ],
        (stream) => (stream === about.stream ? { state: 'refused', reason: 'symbol not exist', since: 1 } : undefined),
      ),
    ).toEqual({
      streams: [
        {
          stream: 'mudrex.account.order',
          market: 'account',
          subscribers: 1,
          state: null,
          state_reason: null,
          seq: null,
          last_update_at: null,
        },
        {
          stream: 'mudrex.futures.ticker.BTCUSDT',
          market: 'futures',
          subscribers: 5,
          state: 'refused',
          state_reason: 'symbol not exist',
          seq: 5,
          last_update_at: '1970-01-01T00:00:01.000Z',
        },
      ],
      total: 2,
    });
  });
});
