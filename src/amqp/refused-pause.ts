/** A queue that could not take a message is given so long to recover. */
export const REFUSED_PAUSE_MS = 1000;
