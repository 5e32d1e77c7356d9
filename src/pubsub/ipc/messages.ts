import type { Position } from '../publication';
import { decodePublication, encodePublication } from '../publication-codec';
import type { Found } from '../wire';

/** What a frame between the upstream's process and a worker is. */
export const FrameKind = {
  /** To the worker: a publication or a notice, as the codec of publications writes them. */
  HEARD: 1,
  /** To the worker: the answer to a fetch, see {@link encodeFound}. */
  FOUND: 2,
  /** To the worker, JSON: the answer to a question about all markets. */
  MARKETS: 3,
  /** To the worker: what was asked cannot be told now; 4 bytes, the number of the question. */
  FAILED: 4,
  /** To the worker: frames were lost before this one, among them perhaps answers. */
  RESTORED: 5,
  /** To the upstream's process, JSON: a {@link Request}. */
  REQUEST: 6,
} as const;

export type Request =
  | { readonly op: 'listen' | 'unlisten'; readonly stream: string }
  | { readonly op: 'fetch'; readonly id: number; readonly stream: string; readonly since?: Position }
  | { readonly op: 'fetchMarkets'; readonly id: number };

/** JSON `{id, epoch, seq, recovered, status}` and then the publications; each part behind its length (4 bytes, little end first). */
export function encodeFound(id: number, { publications, epoch, seq, recovered, status }: Found): Buffer {
  const head = Buffer.from(JSON.stringify({ id, epoch, seq, recovered, status }));
  return Buffer.concat([head, ...publications.map(encodePublication)].flatMap((part) => [lengthOf(part), part]));
}

/** @param bytes are kept: the publications' bodies are views of them */
export function decodeFound(bytes: Buffer): { readonly id: number; readonly found: Found } {
  const [head, ...publications] = partsOf(bytes);
  const { id, status, ...place } = JSON.parse(String(head)) as Omit<Found, 'publications'> & { id: number };
  return { id, found: { ...place, status, publications: publications.map(decodePublication) } };
}

function lengthOf(part: Buffer): Buffer {
  const length = Buffer.allocUnsafe(4);
  length.writeUInt32LE(part.length);
  return length;
}

function partsOf(bytes: Buffer): Buffer[] {
  const parts: Buffer[] = [];
  for (let at = 0; at < bytes.length;) {
    const end = at + 4 + bytes.readUInt32LE(at);
    parts.push(bytes.subarray(at + 4, end));
    at = end;
  }
  return parts;
}
