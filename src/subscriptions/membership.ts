import type { Position, Publication, Recovery } from '../pubsub/publication';
import type { Listening } from '../pubsub/pubsub';
import type { StreamStatus } from '../pubsub/status';
import type { Channel, Joiner } from './channel';
import type { Sink } from './sink';

/** Joined, and nothing has come: the usual case takes no list of its own. */
const NONE: readonly Publication[] = [];

/**
 * One listener's place in one stream. Joins snapshot and live without a gap: registered first, then `recover` holds what is
 * published while the snapshot is fetched, then `release` delivers the snapshot and of what was held only what is newer.
 */
export class Membership implements Joiner {
  private held: readonly Publication[] | undefined;
  private recovery: Recovery | undefined;
  private settle: ((status: StreamStatus) => void) | undefined;
  private left = false;
  private pausing = false;
  private resuming = false;

  /** @param leaveChannel told once, when this was the channel's listener and is no more */
  constructor(
    private readonly pubsub: Pick<Listening, 'recover' | 'streamStatus'>,
    private readonly channel: Channel,
    private readonly sink: Sink,
    private readonly leaveChannel: (channel: Channel) => void,
  ) {
    channel.joiners.add(this);
  }

  get stream(): string {
    return this.channel.stream;
  }

  /** What the exchange has answered; undefined while it has not. */
  answer(): StreamStatus | undefined {
    const status = this.pubsub.streamStatus(this.stream);
    return status?.state === 'pending' ? undefined : status;
  }

  /** Resolves when the exchange has answered. Never rejects; may stay pending for ever. */
  accepted(): Promise<StreamStatus> {
    const status = this.answer();
    return status ? Promise.resolve(status) : new Promise((resolve) => (this.settle = resolve));
  }

  /** Finds where to begin: at once, if that is known here. From here on everything published is held until {@link release}. */
  recover(since?: Position): Recovery | Promise<Recovery> {
    this.held = NONE;
    const recovery = this.pubsub.recover(this.stream, since);
    // Nothing can have been published meanwhile.
    return 'then' in recovery ? this.recovering(recovery, since) : this.found(recovery);
  }

  /** The newest place of the stream that this process has seen. */
  position(): Position {
    return this.channel.place;
  }

  /** Lets the stream flow to the sink: first what `recover` found, then what came meanwhile. */
  release(): void {
    if (this.left) return;
    const { epoch, seq, publications } = this.recovery ?? { epoch: '', seq: 0, publications: [] };
    for (const publication of publications) this.sink.deliver(publication, false);
    for (const publication of this.held ?? []) {
      if (publication.epoch !== epoch || publication.seq > seq) this.sink.deliver(publication, true);
    }
    this.held = undefined;
    this.recovery = undefined;
    // The sink may have left while it was being given all this, or have had enough.
    if (!this.channel.joiners.delete(this) || this.pausing) return;
    this.channel.paused.delete(this.sink);
    this.channel.sinks.add(this.sink);
  }

  /** Delivers nothing until {@link resume}. */
  pause(): void {
    if (this.left) return;
    this.pausing = true;
    this.channel.sinks.delete(this.sink);
    this.channel.paused.add(this.sink);
  }

  /** Begins anew, as if just joined: with a snapshot, if the stream has states. Rejects when its place cannot be had. */
  async resume(): Promise<void> {
    if (this.left || !this.pausing) return;
    this.pausing = false;
    if (this.resuming) return;
    this.resuming = true;
    this.channel.joiners.add(this);
    await this.recover();
    this.resuming = false;
    this.release();
  }

  leave(): void {
    if (this.left) return;
    this.left = true;
    this.held = undefined;
    this.channel.joiners.delete(this);
    this.channel.sinks.delete(this.sink);
    this.channel.paused.delete(this.sink);
    this.leaveChannel(this.channel);
    // Who still waits for the exchange's answer need not.
    this.settle?.({ state: 'pending', reason: '', since: 0 });
  }

  hold(publication: Publication): void {
    if (this.held === undefined) return;
    if (this.held.length === 0) this.held = [publication];
    else (this.held as Publication[]).push(publication);
  }

  answered(status: StreamStatus): void {
    if (status.state !== 'pending') this.settle?.(status);
  }

  private async recovering(asked: Promise<Recovery>, since: Position | undefined): Promise<Recovery> {
    for (;;) {
      const recovery = await asked;
      // When the epoch changed while we asked, only a new answer tells whether what is held came before or after this one.
      if (this.left || !this.held?.some(({ epoch }) => epoch !== recovery.epoch)) return this.found(recovery);
      this.held = NONE;
      asked = Promise.resolve(this.pubsub.recover(this.stream, since));
    }
  }

  private found(recovery: Recovery): Recovery {
    if (this.left) return recovery;
    this.recovery = recovery;
    this.channel.found(recovery);
    return recovery;
  }
}
