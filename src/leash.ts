/**
 * Preloaded into programs that run under another one: ends them when that one is gone. A signal to npm ends its shell and not
 * the program in it, which would go on holding its port.
 */
const starter = process.ppid;
let ending = false;

const watch = setInterval(() => {
  if (process.ppid === starter) return;
  clearInterval(watch);
  if (!ending) process.kill(process.pid, 'SIGTERM');
}, 250);
// The leash alone is no reason to stay.
watch.unref();

// A program that was told to end already must not be told twice: it could take that for impatience. Listening before the program
// itself listens would make it deaf to signals during its start.
process.on('newListener', (event: string | symbol, listener: unknown) => {
  const signal = event === 'SIGTERM' || event === 'SIGINT';
  if (signal && listener !== note && !process.listeners(event).includes(note)) process.once(event, note);
});

function note(): void {
  ending = true;
}
