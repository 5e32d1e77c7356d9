/** A pending timer. */
export interface Timer {
  cancel(): void;
}

/** Time as the rest of the code sees it, so that tests can own it. Milliseconds. */
export interface Clock {
  /** Since 1970: for what is shown or sent. It jumps when somebody sets the machine's clock. */
  now(): number;
  /** Since some moment of the past, and never set back or forward: for how long something took or may take. */
  monotonic(): number;
  /** Runs `task` once, `ms` from now. */
  after(ms: number, task: () => void): Timer;
  /** Runs `task` every `ms`, first `ms` from now. */
  every(ms: number, task: () => void): Timer;
}

/** The machine's clock. Its timers do not keep the process alive: sockets and servers do. */
export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  after(ms, task) {
    const timer = setTimeout(task, ms).unref();
    return { cancel: () => clearTimeout(timer) };
  },
  every(ms, task) {
    const timer = setInterval(task, ms).unref();
    return { cancel: () => clearInterval(timer) };
  },
};
