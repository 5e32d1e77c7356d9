/** What a run can tell; every figure is a number, NaN when it is not known. */
export interface Measurement {
  readonly case: string;
  /** Such as the rate. */
  readonly variant: string;
  readonly target: string;
  readonly figures: Readonly<Record<string, number>>;
  /** What a reader must know to believe the figures. */
  readonly notes: readonly string[];
}

export interface RoundMeasurement extends Measurement {
  readonly round: number;
}

/** The product, with which peers are compared. */
export const OURS = 'tapecast';
