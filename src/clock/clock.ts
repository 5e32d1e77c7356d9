/** A pending timer. */
export interface Timer {
  cancel(): void;
}

/** Time as the rest of the code sees it, so that tests can own it. Times are milliseconds since 1970. */
export interface Clock {
  now(): number;
  /** Runs `task` once, `ms` from now. */
  after(ms: number, task: () => void): Timer;
  /** Runs `task` every `ms`, first `ms` from now. */
  every(ms: number, task: () => void): Timer;
}

/** The machine's clock. Its timers do not keep the process alive: sockets and servers do. */
export const systemClock: Clock = {
  now: () => Date.now(),
  after(ms, task) {
    const timer = setTimeout(task, ms).unref();
    return { cancel: () => clearTimeout(timer) };
  },
  every(ms, task) {
    const timer = setInterval(task, ms).unref();
    return { cancel: () => clearInterval(timer) };
  },
};
