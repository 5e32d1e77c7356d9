/**
 * `npm run k6 -- market-data [arguments of k6 run]`: finds k6 and runs one of the load tests of this folder with it.
 * Ends with k6's exit code, or with 1 when there is nothing to run.
 */
import { spawn } from 'node:child_process';
import { accessSync, constants, readdirSync, readFileSync, statSync } from 'node:fs';
import { homedir } from 'node:os';
import { delimiter, join } from 'node:path';

const folder = import.meta.dirname;
// Those that export options for k6; the rest of the folder is what they share.
const tests = readdirSync(folder)
  .filter((file) => file.endsWith('.js') && /^export const options\b/m.test(readFileSync(join(folder, file), 'utf8')))
  .map((file) => file.slice(0, -'.js'.length));

const HOW_TO_GET_IT = `k6 was not found in PATH, GOBIN or GOPATH/bin. To get it, one of:

  go install go.k6.io/k6@latest      where Go is; it lands in GOBIN, or else in GOPATH/bin, or else in ~/go/bin
  brew install k6                    on macOS
  winget install k6 --source winget  on Windows

or a binary from https://github.com/grafana/k6/releases. Then run this again.`;

function findK6(env) {
  const goPaths = (env.GOPATH || join(homedir(), 'go')).split(delimiter);
  const folders = [
    ...(env.PATH ?? env.Path ?? '').split(delimiter),
    env.GOBIN ?? '',
    ...goPaths.map((path) => join(path, 'bin')),
  ];
  const name = process.platform === 'win32' ? 'k6.exe' : 'k6';
  return folders
    .filter((path) => path !== '')
    .map((path) => join(path, name))
    .find(isProgram);
}

function isProgram(path) {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}

function fail(words) {
  console.error(words);
  process.exitCode = 1;
}

const [name, ...more] = process.argv.slice(2);
const k6 = findK6(process.env);
if (name === undefined || !tests.includes(name)) {
  fail(`${name === undefined ? 'Name a load test' : `There is no load test '${name}'`}. They are: ${tests.join(', ')}.
For example: npm run k6 -- market-data --quiet
docs/benchmarks.md says what they do and what can be set.`);
} else if (k6 === undefined) {
  fail(HOW_TO_GET_IT);
} else {
  // Go's own pace of collecting garbage costs k6 a quarter of its processor time here, which would be measured as latency.
  const env = { GOGC: '400', ...process.env };
  const running = spawn(k6, ['run', ...more, join(folder, `${name}.js`)], { stdio: 'inherit', env });
  // The terminal sends Ctrl-C to both; k6 ends in its own time and says what it measured until then.
  for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => signal === 'SIGTERM' && running.kill(signal));
  running.on('error', (error) => fail(`${k6} could not be started: ${error.message}`));
  running.on('exit', (code, signal) => (process.exitCode = code ?? (signal === null ? 1 : 130)));
}
