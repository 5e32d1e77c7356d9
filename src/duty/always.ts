import type { Duty } from './duty';

/** Of a process that shares nothing with others. */
export const ALWAYS_ON_DUTY: Duty = {
  held: true,
  onHeld: (listener) => listener(),
  onReleased: () => undefined,
};
