import { InProcessPubSub } from '../../src/pubsub/in-process';
import type { PubSub } from '../../src/pubsub/pubsub';
import { Tailing } from '../../src/pubsub/tailing';
import { hostOf, socketPair, wireOf } from '../support/ipc';
import { describePubSub, HISTORY } from './pubsub.contract';

describePubSub('InProcessPubSub with its listeners in a worker', async () => {
  const published = new InProcessPubSub(HISTORY);
  const [here, there] = await socketPair();
  hostOf(published).serve(here);
  const heard = new Tailing(wireOf(there), 'mudrex');
  heard.start();
  const pubsub: PubSub = {
    subscribe: (stream, listener) => heard.subscribe(stream, listener),
    unsubscribe: (stream, listener) => heard.unsubscribe(stream, listener),
    streamStatus: (stream) => heard.streamStatus(stream),
    marketStatus: (market) => heard.marketStatus(market),
    onMarketStatus: (listener) => heard.onMarketStatus(listener),
    recover: (stream, since) => heard.recover(stream, since),
    counts: () => heard.counts(),
    publish: (publication, snapshot) => published.publish(publication, snapshot),
    open: (stream, epoch) => published.open(stream, epoch),
    close: (stream) => published.close(stream),
    inherited: () => published.inherited(),
    setStreamStatus: (stream, status) => published.setStreamStatus(stream, status),
    setMarketStatus: (status) => published.setMarketStatus(status),
    wanted: () => published.wanted(),
    onDemand: (listener) => published.onDemand(listener),
    onRelease: () => undefined,
    onTakeover: () => undefined,
    healthy: () => published.healthy(),
  };
  return {
    pubsub,
    stop: async () => {
      const closed = new Promise((resolve) => here.once('close', resolve));
      there.destroy();
      await closed;
    },
  };
});
