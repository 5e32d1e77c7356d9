import type { Market } from '../streams/stream';

/** The market of a stream, which is the first word of its name. */
export function marketIn(stream: string): Market {
  return stream.slice(0, stream.indexOf('.')) as Market;
}
