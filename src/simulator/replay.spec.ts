import { ExchangeClient } from '../../test/support/exchange-client';
import { ManualClock } from '../../test/support/manual-clock';
import { signRealtime } from './api-key';
import { Recording, RecordingError } from './recording';
import { SimulatedExchange } from './simulated-exchange';

const LINES = [
  '{"topic":"tickers.BTCUSDT","type":"snapshot","data":{"symbol":"BTCUSDT","lastPrice":"1.50"},"cs":1,"ts":1000}',
  '{"success":true,"ret_msg":"","conn_id":"x","req_id":"","op":"subscribe"}',
  '{"note":"second","frame":{"topic":"tickers.BTCUSDT","type":"delta","data":{"symbol":"BTCUSDT"},"cs":2,"ts":1400}}',
  '',
  '{"topic":"allLiquidation.PIPPINUSDT","type":"snapshot","ts":1900,"data":[]}',
  '{"topic":"tickers.BTCUSDT","type":"delta","data":{"symbol":"BTCUSDT"},"cs":3,"ts":99999999}',
  '{"topic":"order","id":"1","creationTime":99999999,"data":[]}',
];

describe('a recording', () => {
  it('knows its topics, where they belong, and what it leaves to the simulator', () => {
    const recording = Recording.parse(LINES.join('\n'), 'linear.jsonl');
    expect(recording.skipped).toBe(1);
    expect(recording.topics).toEqual([
      { endpoint: 'linear', topic: 'tickers.BTCUSDT', frames: 3 },
      { endpoint: 'linear', topic: 'allLiquidation.PIPPINUSDT', frames: 1 },
      { endpoint: 'private', topic: 'order', frames: 1 },
    ]);
    expect(recording.of('linear', 'tickers.BTCUSDT')?.map(({ offset, text }) => [offset, text.length])).toEqual([
      [0, LINES[0]?.length],
      [400, 87],
      [5_900, LINES[5]?.length],
    ]);
  });

  it.each([
    ['spot_btc.jsonl', 'tickers.BTCUSDT', 'spot'],
    ['mixed.jsonl', 'tickers.BTCUSD', 'inverse'],
    ['mixed.jsonl', 'tickers.BTCUSDU23', 'inverse'],
    ['mixed.jsonl', 'tickers.BTC-27MAR26-70000-P-USDT', 'option'],
    ['mixed.jsonl', 'kline.1.BTCPERP', 'linear'],
  ])('%s puts %s on %s', (name, topic, endpoint) => {
    expect(Recording.parse(JSON.stringify({ topic }), name).topics[0]?.endpoint).toBe(endpoint);
    expect(Recording.parse(JSON.stringify({ topic }), name, 'inverse').topics[0]?.endpoint).toBe('inverse');
  });

  it('that cannot be read names the line', () => {
    expect(() => Recording.parse('{}\nnonsense', 'x.jsonl')).toThrow(new RecordingError('x.jsonl line 2 is not JSON'));
    expect(() => Recording.parse('5', 'x.jsonl')).toThrow(new RecordingError('x.jsonl line 1 is not a frame'));
  });

  it('is played to each subscription from its start, in its own time divided by the speed', async () => {
    const clock = new ManualClock();
    const recording = Recording.parse(LINES.join('\n'), 'linear.jsonl');
    const exchange = await SimulatedExchange.start({ clock, manual: true, replay: { recording, speed: 2 } });
    const client = await ExchangeClient.open(`${exchange.wsUrl}/v5/public/linear`);
    client.send({ op: 'subscribe', args: ['tickers.BTCUSDT', 'orderbook.50.BTCUSDT'] });
    expect(await client.frame()).toMatchObject({ ret_msg: 'error:handler not found,topic:orderbook.50.BTCUSDT' });
    client.send({ op: 'subscribe', args: ['tickers.BTCUSDT', 'allLiquidation.PIPPINUSDT'] });
    expect(await client.text()).toBe(LINES[0]);
    expect(await client.frame()).toMatchObject({ success: true });
    clock.advance(199);
    expect(await client.untilPong()).toEqual([]);
    clock.advance(1);
    expect(await client.untilPong()).toMatchObject([{ cs: 2 }]);
    clock.advance(250);
    expect(await client.untilPong()).toMatchObject([{ topic: 'allLiquidation.PIPPINUSDT' }]);
    client.send({ op: 'unsubscribe', args: ['tickers.BTCUSDT'] });
    await client.frame();
    clock.advance(10_000);
    expect(await client.untilPong()).toEqual([]);
    const listed = (await (
      await fetch(`${exchange.restUrl}/v5/market/instruments-info?category=linear&symbol=PIPPINUSDT`)
    ).json()) as { result: { list: [] } };
    expect(listed.result.list).toHaveLength(1);
    await client.close();
    await exchange.stop();
  });

  it('is played on the private socket too', async () => {
    const clock = new ManualClock();
    const recording = Recording.parse('{"topic":"order","id":"1","creationTime":1,"data":[]}', 'x');
    const exchange = await SimulatedExchange.start({ clock, manual: true, replay: { recording, speed: 1 } });
    const client = await ExchangeClient.open(`${exchange.wsUrl}/v5/private`);
    const expires = clock.now() + 1_000;
    client.send({ op: 'auth', args: ['test-key', expires, signRealtime('test-secret', String(expires))] });
    client.send({ op: 'subscribe', args: ['order'] });
    await client.frame();
    expect(await client.frame()).toMatchObject({ success: true, op: 'subscribe' });
    expect(await client.frame()).toEqual({ topic: 'order', id: '1', creationTime: 1, data: [] });
    await client.close();
    await exchange.stop();
  });
});
