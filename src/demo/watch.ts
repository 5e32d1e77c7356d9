import { parseArgs } from 'node:util';
import { Watcher, type WatchOptions } from './watcher';

const USAGE = `Usage: npm run watch -- [--url URL] [--count N] [--json] STREAM...

  STREAM       ticker:BTCUSDT, kline:1h:BTCUSDT, trade:BTCUSDT, orderbook:50:BTCUSDT, liquidation:BTCUSDT;
               another market goes in front: spot/ticker:BTCUSDT
  --url URL    the server, by default ws://127.0.0.1:PORT/ws with PORT from the environment or 8000
  --count N    stop after N messages
  --json       print messages as they come`;

/** The options of the command line, or the sentence that says what is wrong with it. */
function readCommandLine(): WatchOptions | string {
  let parsed;
  try {
    parsed = parseArgs({
      allowPositionals: true,
      options: { url: { type: 'string' }, count: { type: 'string' }, json: { type: 'boolean' }, help: { type: 'boolean' } },
    });
  } catch (error) {
    return (error as Error).message;
  }
  const { values, positionals } = parsed;
  if (values.help === true) return '';
  if (positionals.length === 0) return 'Name at least one stream, such as ticker:BTCUSDT.';
  const url = values.url ?? `ws://127.0.0.1:${process.env['PORT'] ?? '8000'}/ws`;
  if (!/^wss?:\/\//.test(url) || !URL.canParse(url)) return `--url must be a ws:// or wss:// address, not ${url}.`;
  if (values.count !== undefined && !/^[1-9]\d*$/.test(values.count))
    return `--count must be a whole number above 0, not ${values.count}.`;
  return {
    url,
    args: positionals,
    count: values.count === undefined ? undefined : Number(values.count),
    json: values.json === true,
  };
}

function main(): void {
  const options = readCommandLine();
  if (typeof options === 'string') {
    console.error(options === '' ? USAGE : `${options}\n\n${USAGE}`);
    process.exitCode = options === '' ? 0 : 1;
    return;
  }
  const watcher = new Watcher(options, {
    clock: {
      after(ms, task) {
        const timer = setTimeout(task, ms);
        return { cancel: () => clearTimeout(timer) };
      },
    },
    random: Math.random,
    print: (line) => console.log(line),
    finished: (exitCode) => (process.exitCode = exitCode),
  });
  process.once('SIGINT', () => watcher.stop());
  process.once('SIGTERM', () => watcher.stop());
  // A reader that has seen enough, such as head, closes the pipe.
  process.stdout.on('error', () => watcher.stop());
  watcher.start();
}

main();
