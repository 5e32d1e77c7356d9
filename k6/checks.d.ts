interface Entry {
  arg: string;
  stream: string;
  epoch: string;
  seq: number;
  recovered?: boolean;
}

interface Gap {
  stream: string;
  epoch: string;
  from: number;
  to: number;
  reason: string;
}

interface Seen {
  stream: boolean;
  type: boolean;
  seq: boolean;
  timestamp: boolean;
  missing: number;
  live: boolean;
}

export class Ledger {
  subscribed(entries: readonly Entry[]): boolean[];
  unsubscribed(args: readonly string[]): void;
  disconnected(): void;
  resume(): Record<string, { epoch: string; seq: number }>;
  gap(notice: Gap): number;
  message(frame: unknown): Seen;
}
