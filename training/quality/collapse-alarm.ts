/**
 * The collapse alarm: when every image gets the same prediction, no code can be told from another and the SwAV loss
 * stays at ln K (9.68 for 16,000 prototypes), although everything else looks healthy.
 *
 *     learning ── average >= (1 - margin) ln K ──> stuck ── for `patience` steps ──> collapsed
 *         ^                                          │                                  │
 *         └──────────── average < (1 - 2 margin) ln K ──────────────────────────────────┘
 *
 * The state is plain data, so that it can travel in a checkpoint.
 */

/** When the alarm goes off. */
export interface CollapseThresholds {
  /** K. */
  readonly numPrototypes: number;
  /** The share of ln K by which the average loss must fall below it to count as learning. @default 0.01 */
  readonly margin: number;
  /**
   * Steps in a row at ln K before the alarm. Small models sit there for a thousand steps before they start to learn.
   * @default 2000
   */
  readonly patience: number;
  /** Steps over which the loss is averaged (the time constant of an exponential mean). @default 50 */
  readonly window: number;
}

export interface CollapseAlarm {
  readonly kind: 'learning' | 'stuck' | 'collapsed';
  readonly thresholds: CollapseThresholds;
  /** The exponential mean of the loss; null before the first step. */
  readonly averageLoss: number | null;
  /** Steps since the average came to ln K; 0 while learning. */
  readonly stepsStuck: number;
}

/** The state before the first step. */
export function startCollapseAlarm(
  numPrototypes: number,
  { margin = 0.01, patience = 2000, window = 50 }: Partial<Omit<CollapseThresholds, 'numPrototypes'>> = {},
): CollapseAlarm {
  const thresholds = { numPrototypes, margin, patience, window };
  return { kind: 'learning', thresholds, averageLoss: null, stepsStuck: 0 };
}

/** The state after one more step. A loss that is not finite changes nothing: its step was not applied. */
export function collapseAlarm(state: CollapseAlarm, loss: number): CollapseAlarm {
  if (!Number.isFinite(loss)) return state;
  const { thresholds } = state;
  const previous = state.averageLoss ?? loss;
  const averageLoss = previous + (loss - previous) / thresholds.window;
  if (averageLoss < releaseLevel(state)) return { kind: 'learning', thresholds, averageLoss, stepsStuck: 0 };
  const stepsStuck = state.stepsStuck + 1;
  const kind = stepsStuck > thresholds.patience ? 'collapsed' : 'stuck';
  return { kind, thresholds, averageLoss, stepsStuck };
}

/** The average below which the model counts as learning: lower once stuck, so that noise does not reset the patience. */
function releaseLevel({ kind, thresholds: { numPrototypes, margin } }: CollapseAlarm): number {
  return (1 - (kind === 'learning' ? margin : 2 * margin)) * Math.log(numPrototypes);
}

/** What to tell the user when the alarm goes off. */
export function describeCollapse({ thresholds, averageLoss, stepsStuck }: CollapseAlarm): string {
  const lnK = Math.log(thresholds.numPrototypes).toFixed(2);
  return (
    `The loss has stayed at ${averageLoss?.toFixed(2)} (ln K is ${lnK} for ${thresholds.numPrototypes} prototypes) for ` +
    `${stepsStuck} steps: the representation has probably collapsed. Check the effective rank; a lower learning rate, ` +
    'a longer warm-up, a larger batch or fewer prototypes usually help.'
  );
}
