import type { Clock, Timer } from '../../clock/clock';
import type { AccountExecution, AccountItem } from '../../streams/account';

/** Pushes wait this long for the comparison that follows a connection, so that what happened before them is told before them. */
const HOLD_MS = 3_000;
/** Executions wait longer: they are a history, while the rest is a state that is of no use when it is late. */
const HOLD_EXECUTIONS_MS = 10_000;
/** With so many, all are told. */
const MAX_HELD = 5_000;

/** What the exchange pushed. */
export interface Push {
  readonly item: AccountItem;
  /** When the exchange made it, ms. */
  readonly time: number;
  readonly received: number;
}

/** Pushes on their way to be told; while it is being found out what happened before them, they wait here. */
export class HeldPushes {
  /** Undefined while none is held. */
  private held: Push[] | undefined;
  private onlyExecutions = false;
  private patience: Timer | undefined;

  constructor(
    private readonly clock: Pick<Clock, 'now' | 'after'>,
    private readonly tell: (push: Push) => void,
  ) {}

  /** From now on pushes are held until {@link release}, but not for ever; those that are held already wait no longer for that. */
  hold(): void {
    if (this.held) return;
    this.held = [];
    this.onlyExecutions = false;
    this.patience = this.clock.after(HOLD_MS, () => this.releaseStates());
  }

  take(push: Push): void {
    if (!this.held || (this.onlyExecutions && push.item.kind !== 'execution')) this.tell(push);
    else if (this.held.push(push) >= MAX_HELD) this.release([]);
  }

  /** Ends the hold: executions in the order of their times with those that were found, then what else was pushed. */
  release(found: readonly AccountExecution[]): void {
    this.patience?.cancel();
    const held = this.held ?? [];
    this.held = undefined;
    const received = this.clock.now();
    const executions = [
      ...held.filter(isExecution),
      ...found.map((item): Push => ({ item: { kind: 'execution', item }, time: item.time, received })),
    ];
    executions.sort(byTime);
    for (const push of executions) this.tell(push);
    for (const push of held) if (!isExecution(push)) this.tell(push);
  }

  private releaseStates(): void {
    const held = this.held ?? [];
    this.held = held.filter(isExecution);
    this.onlyExecutions = true;
    this.patience = this.clock.after(HOLD_EXECUTIONS_MS - HOLD_MS, () => this.release([]));
    for (const push of held) if (!isExecution(push)) this.tell(push);
  }
}

function isExecution({ item }: Push): boolean {
  return item.kind === 'execution';
}

/** Of executions. Of one symbol, those of one millisecond are in the order of their sequence. */
function byTime({ item: a }: Push, { item: b }: Push): number {
  if (a.kind !== 'execution' || b.kind !== 'execution') return 0;
  const { item: one } = a;
  const { item: other } = b;
  if (one.time !== other.time) return one.time - other.time;
  if (one.market !== other.market) return one.market < other.market ? -1 : 1;
  if (one.symbol !== other.symbol) return one.symbol < other.symbol ? -1 : 1;
  return (one.sequence ?? 0) - (other.sequence ?? 0);
}
