/** How much more memory than its own a message may keep alive. */
const SLACK = 4;

/** The same bytes; copied when they are a small part of a large chunk, which would stay in memory as long as they are kept. */
export function owned(bytes: Buffer): Buffer {
  return bytes.buffer.byteLength > bytes.length * SLACK ? Buffer.from(bytes) : bytes;
}
