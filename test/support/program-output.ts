import type { Readable } from 'node:stream';

/** What a program has printed so far, of both its outputs; a line can be awaited, also when it came before. */
export class ProgramOutput {
  text = '';
  private readonly checks = new Set<() => void>();

  constructor(program: {
    readonly stdout: Readable;
    readonly stderr: Readable;
    once(event: 'exit', listener: () => void): unknown;
  }) {
    const add = (chunk: Buffer) => {
      this.text += chunk.toString();
      for (const check of this.checks) check();
    };
    program.stdout.on('data', add);
    program.stderr.on('data', add);
    program.once('exit', () => {
      this.ended = true;
      for (const check of this.checks) check();
    });
  }

  private ended = false;

  /** Rejects with everything printed when the program ends without it. */
  async matching(pattern: RegExp): Promise<RegExpExecArray> {
    return new Promise((resolve, reject) => {
      const check = () => {
        const match = pattern.exec(this.text);
        if (!match && !this.ended) return;
        this.checks.delete(check);
        if (match) resolve(match);
        else reject(new Error(`ended without ${String(pattern)}:\n${this.text}`));
      };
      this.checks.add(check);
      check();
    });
  }
}
