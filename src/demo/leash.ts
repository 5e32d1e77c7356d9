// Preloaded into the demo's programs: ends them when the demo is gone, however it ended.
process.once('disconnect', () => process.kill(process.pid, 'SIGTERM'));
// The leash alone is no reason to stay.
process.channel?.unref();
