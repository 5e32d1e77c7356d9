/** What exactly one process of a fleet does for all of them: following the account, and sending services their events. */
export interface Duty {
  readonly held: boolean;
  /** Called when it becomes ours, and at once when it is. */
  onHeld(listener: () => void): void;
  /** Called when it is ours no more. Somebody else may have it already. */
  onReleased(listener: () => void): void;
}

/** What a server that all processes share says of who is on duty. `unknown`: it is out of reach, or has not answered yet. */
export type Verdict = 'ours' | 'others' | 'unknown';

export interface Arbiter {
  readonly verdict: Verdict;
  /** Called at each change. */
  onVerdict(listener: () => void): void;
}

/** An arbiter that gives the duty only to who asks for it. Who does not, or has just begun to, is told that it is somebody else's. */
export interface AskedArbiter extends Arbiter {
  /** Whether to ask for it, and keep it. False gives it back. */
  want(wanted: boolean): void;
}
