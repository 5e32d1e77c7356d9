/** Short for who waits; long enough that what is waited for has the processor, which it may need for seconds to start. */
const PAUSE_MS = 5;

/** Looks again and again until what must come is there: for effects that no event tells. */
export async function eventually(look: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await look())) await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
}
