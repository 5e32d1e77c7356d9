import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { ArgumentsError, type ExchangeArguments, readExchangeArguments, USAGE } from './exchange-arguments';
import { Recording, RecordingError } from './recording';
import { SimulatedExchange } from './simulated-exchange';

/** Wrong usage, as command-line programs report it. */
const EXIT_USAGE = 2;

function readRecording({ replay, category }: ExchangeArguments): Recording | undefined {
  if (replay === undefined) return undefined;
  let text: string;
  try {
    text = readFileSync(replay, 'utf8');
  } catch {
    throw new ArgumentsError(`--replay: ${replay} cannot be read`);
  }
  const recording = Recording.parse(text, basename(replay), category);
  if (recording.topics.length === 0) throw new ArgumentsError(`--replay: ${replay} has no frame with a topic`);
  return recording;
}

async function main(): Promise<void> {
  const given = readExchangeArguments(process.argv.slice(2));
  if (given === 'help') {
    console.log(USAGE);
    return;
  }
  const recording = readRecording(given);
  const { speed, port, symbols, rate, seed, idleCutMs, accountActivity } = given;
  const exchange = await SimulatedExchange.start({
    port,
    symbols,
    rate,
    seed,
    idleCutMs,
    accountActivity,
    replay: recording && { recording, speed },
  });
  const stop = (): void => void exchange.stop();
  process.once('SIGINT', stop);
  process.once('SIGTERM', stop);
  const played = recording ? `, replaying ${recording.topics.length} topics` : '';
  console.log(`simulated exchange ready on ${exchange.wsUrl} and ${exchange.restUrl}${played}`);
}

main().catch((error: unknown) => {
  const known = error instanceof ArgumentsError || error instanceof RecordingError;
  const taken = error instanceof Error && 'code' in error && (error.code === 'EADDRINUSE' || error.code === 'EACCES');
  if (known) console.error(`${error.message}\nTry --help.`);
  else if (taken) console.error(`The port cannot be listened on: ${error.message}`);
  else console.error(error);
  process.exitCode = known ? EXIT_USAGE : 1;
});
