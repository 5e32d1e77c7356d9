import { Envelope } from './envelope';
import type { Publication } from './publication';

/** How many messages a joiner may be given on top of a state, beyond those that it would be given anyway. */
const MAX_FOLLOWING = 16;
const MAX_BYTES = 512 * 1024;

/**
 * The newest messages of a stream without a hole, so that most who join need not ask the publisher: of a state stream the newest
 * whole state and what followed it, of a log stream the newest entries. Bounded in number and bytes; empty when that did not suffice.
 */
export class Recent {
  private steps: Publication[] = [];
  private bytes = 0;
  private limit = MAX_FOLLOWING;
  private readonly envelope: Envelope;
  private turned: Publication | undefined;

  /** @param state whether this is a state stream */
  constructor(
    brand: string,
    stream: string,
    private readonly state: boolean,
  ) {
    this.envelope = new Envelope(brand, stream);
  }

  add(step: Publication): void {
    if (!this.state) {
      this.push(step);
      while (this.steps.length > MAX_FOLLOWING || this.bytes > MAX_BYTES) this.bytes -= this.steps.shift()?.body.length ?? 0;
    } else if (step.type === 'snapshot' || step.type === 'update') {
      this.begin(step);
    } else if (this.steps.length > 0) {
      this.push(step);
      if (this.steps.length > this.limit || this.bytes > MAX_BYTES) this.clear();
    }
  }

  /** Begins anew with what the publisher gives those who ask: nobody would get less by asking. */
  replace(steps: readonly Publication[]): void {
    if (!this.state) return;
    this.clear();
    if (steps[0]?.type === 'delta') return;
    for (const step of steps) this.push(step);
    this.limit = steps.length + MAX_FOLLOWING;
    if (this.bytes > MAX_BYTES) this.clear();
  }

  clear(): void {
    this.steps = [];
    this.bytes = 0;
  }

  /** What a joiner begins with: a snapshot and what followed it. Undefined when a publisher must be asked. */
  beginning(): readonly Publication[] | undefined {
    if (!this.state) return [];
    const [first, ...following] = this.steps;
    return first && [this.snapshot(first), ...following];
  }

  /** All after number `seq`; undefined when that is not known here any more. */
  after(seq: number): readonly Publication[] | undefined {
    const first = this.steps[0]?.seq;
    if (first === undefined || seq < first || seq >= first + this.steps.length) return undefined;
    return this.steps.slice(seq - first + 1);
  }

  private begin(step: Publication): void {
    this.limit = MAX_FOLLOWING;
    this.bytes = step.body.length;
    if (this.steps.length === 1) this.steps[0] = step;
    else this.steps = [step];
    if (this.bytes > MAX_BYTES) this.clear();
  }

  private push(step: Publication): void {
    this.steps.push(step);
    this.bytes += step.body.length;
  }

  /** An update is whole in itself. Made a snapshot of once, however many ask for it. */
  private snapshot(step: Publication): Publication {
    if (step.type === 'snapshot') return step;
    if (this.turned?.seq !== step.seq || this.turned.epoch !== step.epoch) {
      this.turned = { ...step, type: 'snapshot', body: this.envelope.renamed(step, 'snapshot', step.body) };
    }
    return this.turned;
  }
}
