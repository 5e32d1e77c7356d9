import type { Frame } from '../checker/client-log';

/** Texts that are remembered; a fleet's clients get the same one at about the same time. */
const MOST = 20_000;

/** Reads each text once, however many clients got it: their logs share one object. */
export class SharedFrames {
  private young = new Map<string, Frame>();
  private old = new Map<string, Frame>();

  read(text: string): Frame {
    let frame = this.young.get(text) ?? this.old.get(text);
    if (!frame) {
      frame = JSON.parse(text) as Frame;
      if (this.young.size >= MOST) {
        this.old = this.young;
        this.young = new Map();
      }
      this.young.set(text, frame);
    }
    return frame;
  }
}
