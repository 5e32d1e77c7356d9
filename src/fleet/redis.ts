/**
 * Runs the redis-server named by the first argument on the port named by the second, keeping nothing on disk, and ends with it. A
 * program of ours around it, because the leash that ends our programs with their parent cannot be put on somebody else's.
 */
import { spawn } from 'node:child_process';

const [file = '', port = ''] = process.argv.slice(2);
const options = ['--port', port, '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no'];
const redis = spawn(file, options, { stdio: ['ignore', 'pipe', 'inherit'], detached: true });

// At once: whoever ends it when this program is killed has to know it.
console.log(`redis has pid ${String(redis.pid)}`);
redis.stdout.on('data', (chunk: Buffer) => {
  if (chunk.includes('Ready to accept connections')) console.log('redis ready');
  else if (chunk.includes('Warning: Could not create server')) console.error(chunk.toString());
});
redis.on('error', (error) => {
  console.error(`${file} cannot be started: ${error.message}`);
  process.exit(1);
});
// In the same way, so that what is printed of its end is true.
redis.on('exit', (code, signal) => (signal === 'SIGKILL' ? process.kill(process.pid, signal) : process.exit(code ?? 1)));
for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => redis.kill());
