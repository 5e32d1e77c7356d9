import { Socket } from 'node:net';
import { leaveUpstream, takeClients, type RunningGateway } from './application';
import { systemClock } from './clock/clock';
import { SettingsModule } from './config/config.module';
import type { Settings } from './config/settings';
import { Requests } from './gateway/requests';
import { Sessions } from './gateway/sessions';
import { metricsPage } from './metrics/metrics-page';
import type { PubSub } from './pubsub/pubsub';
import { PUBSUB } from './pubsub/pubsub.module';
import { SymbolDirectory } from './streams/symbol-directory';
import { Hub, type StreamAudience } from './subscriptions/hub';
import type { SymbolsElsewhere } from './upstream/bybit/symbols-elsewhere';
import type { SymbolNames } from './upstream/bybit/symbol-names';
import { Upstream } from './upstream/upstream';
import { Calls } from './workers/calls';
import type { WorkerFigures } from './workers/figures';
import { DATA_DESCRIPTOR, WORKER_NUMBER } from './workers/forking';
import { settingsOfWorker } from './workers/share';
import { WorkerModule } from './workers/worker.module';

/** What a worker can tell once it takes clients. */
interface OwnAnswers {
  figures: () => WorkerFigures;
  metrics: () => Promise<object>;
  audiences: () => StreamAudience[];
  directory: SymbolsElsewhere;
}

/** Takes clients until the primary says that it is enough, or until it is gone: Node ends a cluster's worker that has lost it. */
export async function runWorker(settings: Settings): Promise<void> {
  let worker: RunningGateway | undefined;
  const own: Partial<OwnAnswers> = {};
  let symbols: readonly SymbolNames[] = [];
  let stopping = false;
  const stop = () => {
    if (stopping) return;
    stopping = true;
    // One that is still beginning has nobody to send away.
    if (worker) void worker.stop().then(() => process.exit(0));
    else process.exit(0);
  };
  const primary = new Calls(systemClock, (message) => process.send?.(message), {
    stop,
    alive: () => true,
    symbols: (lists: readonly SymbolNames[]) => {
      symbols = lists;
      own.directory?.told(lists);
    },
    figures: () => own.figures?.(),
    metrics: () => own.metrics?.(),
    audiences: () => own.audiences?.(),
  });
  process.on('message', (message) => primary.receive(message));
  process.on('SIGTERM', stop);
  // Ctrl-C goes to every process of a terminal; the primary sees to the end.
  process.on('SIGINT', () => undefined);

  const socket = new Socket({ fd: DATA_DESCRIPTOR, readable: true, writable: true });
  const share = settingsOfWorker(settings, Number(process.env[WORKER_NUMBER]));
  try {
    worker = await takeClients(WorkerModule.with(SettingsModule.of(share), socket, primary), leaveUpstream);
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    process.send?.({ ask: 'failed', argument: message }, undefined, undefined, () => process.exit(1));
    return;
  }
  const { app, port } = worker;
  const sessions = app.get(Sessions);
  const hub = app.get(Hub);
  own.figures = () => ({
    active: sessions.active,
    established: sessions.established,
    sent: sessions.deliveries.sent,
    memberships: hub.memberships,
  });
  const registry = metricsPage({
    sessions,
    requests: app.get(Requests),
    hub,
    pubsub: app.get<PubSub>(PUBSUB),
    upstream: app.get(Upstream),
    now: systemClock.now,
  });
  own.audiences = () => [...hub.audiences()];
  own.metrics = () => registry.getMetricsAsJSON();
  own.directory = app.get<SymbolsElsewhere>(SymbolDirectory);
  own.directory.told(symbols);
  primary.tell('ready', port);
}
