/** What exactly one replica of a fleet does for all of them: following the account, and sending services their events. */
export interface Duty {
  readonly held: boolean;
  /** Called when it becomes ours; and at once when it is. */
  onHeld(listener: () => void): void;
  /** Called when it is ours no more. Somebody else may have it already. */
  onReleased(listener: () => void): void;
}

/** Of a process that is alone. */
export const ALWAYS_ON_DUTY: Duty = {
  held: true,
  onHeld: (listener) => listener(),
  onReleased: () => undefined,
};
