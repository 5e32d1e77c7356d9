import { InProcessPubSub } from '../../src/pubsub/in-process';
import { describePubSub, HISTORY } from './pubsub.contract';

describePubSub('InProcessPubSub', () => Promise.resolve({ pubsub: new InProcessPubSub(HISTORY), stop: () => Promise.resolve() }));
