/** Looks again, a turn of the event loop later, until what must come is there: for effects that no event tells. */
export async function eventually(look: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await look())) await new Promise((resolve) => setImmediate(resolve));
}
