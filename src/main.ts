import 'reflect-metadata';
import cluster from 'node:cluster';
import type { Logger } from 'pino';
import { SettingsModule } from './config/config.module';
import { LOGGER } from './config/log.module';
import { Settings } from './config/settings';
import { SettingsError } from './config/settings-error';
import { unknownVariables } from './config/unknown-variables';
import { startGateway } from './application';
import { RedisSettingsError } from './pubsub/redis/redis-link';
import { runPrimary } from './primary';
import { runWorker } from './worker';
import { WorkerFailed } from './workers/crew';

async function main(): Promise<void> {
  const settings = await SettingsModule.read();
  if (cluster.isWorker) {
    await runWorker(settings);
    return;
  }
  const gateway = await start(settings);
  // Reading the settings has added what stands in .env.
  for (const { variable, nearest } of unknownVariables(process.env)) {
    gateway.logger.warn({ variable, nearest }, 'this variable is none of ours and has no effect');
  }
  let stopping = false;
  const stop = (signal: NodeJS.Signals) => {
    // Whoever presses Ctrl-C again does not want to wait; a supervisor may repeat its SIGTERM.
    if (stopping && signal === 'SIGINT') process.exit(1);
    if (stopping) return;
    stopping = true;
    gateway.stop().then(
      () => process.exit(0),
      (error: unknown) => fail(error),
    );
  };
  process.on('SIGTERM', stop);
  process.on('SIGINT', stop);
}

async function start(settings: Settings): Promise<{ readonly logger: Logger; stop(): Promise<void> }> {
  if (settings.workers > 1) return runPrimary(settings);
  const { app, stop } = await startGateway(SettingsModule.of(settings));
  return { logger: app.get<Logger>(LOGGER), stop };
}

function fail(error: unknown): never {
  const known =
    error instanceof SettingsError || error instanceof RedisSettingsError || error instanceof WorkerFailed || cannotListen(error);
  process.stderr.write(`${known ? error.message : String(error instanceof Error ? error.stack : error)}\n`);
  process.exit(1);
}

function cannotListen(error: unknown): error is Error {
  return error instanceof Error && 'code' in error && ['EADDRINUSE', 'EACCES', 'EADDRNOTAVAIL'].includes(String(error.code));
}

main().catch(fail);
