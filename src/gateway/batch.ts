import type { OutFrame } from './out-frame';

/**
 * Frames that wait for a client, as the end of a path in a tree: each node is its parent's frames and one more. Clients with the
 * same pending frames stand on the same node, so its bytes are joined once and written to all of them. Nodes never change what
 * they mean; a new root begins with every flush, and what nobody stands on any more is garbage.
 */
export class Batch {
  /** Bytes on the wire. */
  readonly length: number;
  /** How many clients it was written to. */
  writes = 0;
  private child: Batch | undefined;
  /** Only where clients part ways. */
  private children: Map<OutFrame, Batch> | undefined;
  private joined: Buffer | undefined;

  private constructor(
    private readonly parent: Batch | undefined,
    private readonly frame: OutFrame | undefined,
    private readonly deflate: boolean,
  ) {
    this.length = parent && frame ? parent.length + frame.bytes(deflate).length : 0;
  }

  /** @param deflate whether the clients on this tree negotiated compression */
  static root(deflate: boolean): Batch {
    return new Batch(undefined, undefined, deflate);
  }

  append(frame: OutFrame): Batch {
    const { child } = this;
    if (child?.frame === frame) return child;
    if (!child) return (this.child = new Batch(this, frame, this.deflate));
    this.children ??= new Map();
    let other = this.children.get(frame);
    if (!other) this.children.set(frame, (other = new Batch(this, frame, this.deflate)));
    return other;
  }

  /** All frames in one piece. */
  bytes(): Buffer {
    return (this.joined ??= this.join());
  }

  /** Oldest first. */
  frames(): OutFrame[] {
    const frames: OutFrame[] = [];
    for (let node: Batch | undefined = this; node?.frame; node = node.parent) frames.push(node.frame);
    return frames.reverse();
  }

  private join(): Buffer {
    const { frame, parent } = this;
    if (!frame) return Buffer.alloc(0);
    if (!parent?.frame) return frame.bytes(this.deflate);
    const all = Buffer.allocUnsafe(this.length);
    let end = this.length;
    for (let node: Batch | undefined = this; node?.frame; node = node.parent) {
      // What an ancestor has joined already needs no second walk.
      const piece = node.joined ?? node.frame.bytes(node.deflate);
      end -= piece.length;
      all.set(piece, end);
      if (node.joined) break;
    }
    return all;
  }
}
