import type { Publication } from '../../src/pubsub/publication';
import type { SnapshotSource } from '../../src/pubsub/pubsub';

/** A numbered step of a ticker stream whose body says where it stands. */
export function publication(stream: string, epoch: string, seq: number, type: Publication['type'] = 'update'): Publication {
  return {
    stream,
    market: 'futures',
    kind: 'ticker',
    epoch,
    seq,
    type,
    closed: false,
    received: 1_700_000_000_000 + seq,
    body: Buffer.from(JSON.stringify({ stream, epoch, seq, type })),
  };
}

/** The whole state right after a publication. */
export function snapshotAt({ stream, epoch, seq }: Publication): SnapshotSource {
  return () => publication(stream, epoch, seq, 'snapshot');
}
