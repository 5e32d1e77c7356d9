import { ManualClock } from '../../test/support/manual-clock';
import type { Message } from '../streams/message';
import { streamOf } from '../streams/stream';
import { InProcessPubSub } from './in-process';
import { Publisher } from './publisher';
import type { Publication } from './publication';
import type { StreamListener } from './pubsub';

const TICKER = streamOf('futures', { kind: 'ticker' }, 'BTCUSDT');
const TRADES = streamOf('spot', { kind: 'trade' }, 'BTCUSDT');

function ticker(price: string, type: Message['type'] = 'update'): Message {
  return { type, data: { symbol: 'BTCUSDT', price }, timestamp: 1_704_063_600_000, received: 1_704_063_600_012 };
}

function setUp() {
  const pubsub = new InProcessPubSub(8);
  const heard: Publication[] = [];
  const listener: StreamListener = { publication: (step) => heard.push(step), status: () => undefined };
  pubsub.subscribe(TICKER.name, listener);
  pubsub.subscribe(TRADES.name, listener);
  const clock = new ManualClock(1_704_063_600_000);
  return { pubsub, heard, publisher: new Publisher(pubsub, 'mudrex', clock, 'boot') };
}

describe('Publisher', () => {
  it('numbers messages from 1 within an epoch and encodes them to the letter', () => {
    const { heard, publisher } = setUp();
    publisher.open(TICKER);
    publisher.publish(TICKER, ticker('44578.50', 'snapshot'), () => undefined);
    publisher.publish(TICKER, ticker('44579.00'), () => undefined);
    expect(heard.map(({ body }) => body.toString())).toEqual([
      '{"stream":"mudrex.futures.ticker.BTCUSDT","type":"snapshot","epoch":"boot.1","seq":1,"data":{"symbol":"BTCUSDT","price":"44578.50"},"timestamp":1704063600000,"received":1704063600012,"source":"mudrex"}',
      '{"stream":"mudrex.futures.ticker.BTCUSDT","type":"update","seq":2,"data":{"symbol":"BTCUSDT","price":"44579.00"},"timestamp":1704063600000,"received":1704063600012,"source":"mudrex"}',
    ]);
  });

  it('begins every opening of a stream with another epoch and number 1', () => {
    const { heard, publisher } = setUp();
    for (const price of ['1', '2']) {
      publisher.open(TICKER);
      publisher.publish(TICKER, ticker(price), () => undefined);
      publisher.close(TICKER);
    }
    expect(heard.map(({ epoch, seq }) => `${epoch}:${seq}`)).toEqual(['boot.1:1', 'boot.2:1']);
  });

  it('publishes nothing of a stream that is not open', () => {
    const { heard, publisher } = setUp();
    publisher.publish(TICKER, ticker('1'), () => undefined);
    publisher.gap(TRADES, 1);
    publisher.open(TICKER);
    publisher.close(TICKER);
    publisher.publish(TICKER, ticker('2'), () => undefined);
    expect(heard).toEqual([]);
  });

  it('gives late joiners the state under the newest number, encoded once', async () => {
    const { pubsub, publisher } = setUp();
    let asked = 0;
    const state = () => {
      asked++;
      return ticker('3', 'snapshot');
    };
    publisher.open(TICKER);
    publisher.publish(TICKER, ticker('2', 'snapshot'), state);
    publisher.publish(TICKER, ticker('3'), state);
    expect(asked).toBe(0);
    const [first, second] = await Promise.all([pubsub.recover(TICKER.name), pubsub.recover(TICKER.name)]);
    expect(first).toMatchObject({ epoch: 'boot.1', seq: 2, publications: [{ type: 'snapshot', seq: 2 }] });
    expect(first.publications[0]?.body.toString()).toContain(
      '"type":"snapshot","epoch":"boot.1","seq":2,"data":{"symbol":"BTCUSDT","price":"3"}',
    );
    expect(second.publications[0]).toBe(first.publications[0]);
  });

  it('has no snapshot while the state is being rebuilt, nor ever for a log stream', async () => {
    const { pubsub, publisher } = setUp();
    publisher.open(TICKER);
    publisher.publish(TICKER, ticker('2', 'snapshot'), () => undefined);
    expect(await pubsub.recover(TICKER.name)).toEqual({ epoch: 'boot.1', seq: 1, publications: [], recovered: false });
    publisher.open(TRADES);
    publisher.publish(TRADES, { ...ticker('1'), data: [] }, () => ticker('1'));
    expect(await pubsub.recover(TRADES.name)).toEqual({ epoch: 'boot.2', seq: 1, publications: [], recovered: false });
  });

  it('gives a gap a number of its own', () => {
    const { heard, publisher } = setUp();
    publisher.open(TRADES);
    publisher.publish(TRADES, { ...ticker('1'), data: [] }, () => undefined);
    publisher.gap(TRADES, 5);
    expect(heard.at(-1)).toMatchObject({ type: 'gap', seq: 2, kind: 'trade', market: 'spot' });
    expect(JSON.parse(String(heard.at(-1)?.body))).toEqual({
      op: 'gap',
      stream: 'mudrex.spot.trade.BTCUSDT',
      epoch: 'boot.1',
      from: 2,
      to: 2,
      reason: 'upstream_reconnect',
    });
  });

  it('goes on where another process has stood, under its epoch, without opening the stream', () => {
    const { pubsub, heard, publisher } = setUp();
    const inherited = { epoch: 'other.3', seq: 41, snapshot: undefined };
    pubsub.open(TICKER.name, 'other.3');
    jest.spyOn(pubsub, 'inherited').mockReturnValueOnce(inherited);
    const open = jest.spyOn(pubsub, 'open');
    expect(publisher.open(TICKER)).toBe(inherited);
    publisher.publish(TICKER, ticker('1', 'snapshot'), () => undefined);
    expect(heard.at(-1)).toMatchObject({ epoch: 'other.3', seq: 42 });
    expect(String(heard.at(-1)?.body)).toContain('"type":"snapshot","epoch":"other.3","seq":42');
    expect(open).not.toHaveBeenCalled();
    expect(publisher.open(TRADES)).toBeUndefined();
    expect(open).toHaveBeenCalledWith(TRADES.name, 'boot.1');
  });

  it('publishes nothing more of a stream that another process goes on with, and leaves it open', async () => {
    const { pubsub, heard, publisher } = setUp();
    publisher.open(TICKER);
    publisher.publish(TICKER, ticker('1', 'snapshot'), () => ticker('1', 'snapshot'));
    publisher.forget(TICKER);
    publisher.publish(TICKER, ticker('2'), () => undefined);
    publisher.status(TICKER, 'unavailable');
    expect(heard.map(({ seq }) => seq)).toEqual([1]);
    expect(pubsub.streamStatus(TICKER.name)).toBeUndefined();
    expect(await pubsub.recover(TICKER.name)).toMatchObject({ epoch: 'boot.1', seq: 1 });
  });

  it('dates what it says of streams and markets', () => {
    const { pubsub, publisher } = setUp();
    publisher.open(TICKER);
    publisher.status(TICKER, 'refused', 'no such symbol');
    publisher.marketStatus('spot', 'stale');
    expect(pubsub.streamStatus(TICKER.name)).toEqual({ state: 'refused', reason: 'no such symbol', since: 1_704_063_600_000 });
    expect(pubsub.marketStatus('spot')).toEqual({ market: 'spot', state: 'stale', reason: '', since: 1_704_063_600_000 });
  });
});
