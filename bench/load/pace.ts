const CATCH_UP_MS = 1;

/**
 * Open loop: what is due by now is sent now, so a late timer costs latency and no messages.
 * @param rate per second
 * @param send called so often; told how many were sent before
 * @returns how many seconds it took
 */
export function pace(rate: number, messages: number, send: (sent: number) => void): Promise<number> {
  const startedAt = performance.now();
  let sent = 0;
  return new Promise((resolve) => {
    const timer = setInterval(() => {
      const seconds = (performance.now() - startedAt) / 1000;
      const due = Math.min(messages, Math.floor(seconds * rate));
      while (sent < due) send(sent++);
      if (sent < messages) return;
      clearInterval(timer);
      resolve((performance.now() - startedAt) / 1000);
    }, CATCH_UP_MS);
  });
}
