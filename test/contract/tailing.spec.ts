import { InProcessPubSub } from '../../src/pubsub/in-process';
import { LocalWire } from '../../src/pubsub/local-wire';
import type { PubSub } from '../../src/pubsub/pubsub';
import { Tailing } from '../../src/pubsub/tailing';
import { describePubSub, HISTORY } from './pubsub.contract';

/** Publishes into the one and listens by the other. */
function composed(publishing: InProcessPubSub, listening: Tailing): PubSub {
  return {
    subscribe: listening.subscribe.bind(listening),
    unsubscribe: listening.unsubscribe.bind(listening),
    streamStatus: listening.streamStatus.bind(listening),
    marketStatus: listening.marketStatus.bind(listening),
    onMarketStatus: listening.onMarketStatus.bind(listening),
    recover: listening.recover.bind(listening),
    counts: listening.counts.bind(listening),
    inherited: publishing.inherited.bind(publishing),
    publish: publishing.publish.bind(publishing),
    open: publishing.open.bind(publishing),
    close: publishing.close.bind(publishing),
    setStreamStatus: publishing.setStreamStatus.bind(publishing),
    setMarketStatus: publishing.setMarketStatus.bind(publishing),
    wanted: publishing.wanted.bind(publishing),
    onDemand: publishing.onDemand.bind(publishing),
    onRelease: publishing.onRelease.bind(publishing),
    onTakeover: publishing.onTakeover.bind(publishing),
    healthy: publishing.healthy.bind(publishing),
  };
}

describePubSub('Tailing over a LocalWire', () => {
  const publishing = new InProcessPubSub(HISTORY);
  const listening = new Tailing(new LocalWire(publishing), 'mudrex');
  listening.start();
  return Promise.resolve({ pubsub: composed(publishing, listening), stop: () => Promise.resolve() });
});
