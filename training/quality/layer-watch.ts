/** Watches the norms of every layer while training: layers that learn nothing, and gradients that explode. */

export interface LayerWatchOptions {
  /** Steps in a row without any gradient after which a layer counts as dead. @default 50 */
  readonly deadAfter?: number;
  /** A gradient so many times its usual norm has exploded. @default 1000 */
  readonly explodesBy?: number;
}

/** What is remembered of a layer. */
interface Layer {
  readonly steps: number;
  readonly stepsWithoutGradient: number;
  /** Moving average of the gradient's norm. */
  readonly usual: number;
}

export type LayerWatch = readonly Layer[];

export interface LayerAlarm {
  readonly kind: 'dead' | 'exploding' | 'notFinite';
  readonly layer: string;
  readonly gradientNorm: number;
}

/** Steps before a norm is called usual. */
const SETTLED_AFTER = 20;
const MEMORY = 0.95;

export function startLayerWatch(layers: number): LayerWatch {
  return Array.from({ length: layers }, () => ({ steps: 0, stepsWithoutGradient: 0, usual: 0 }));
}

/**
 * @param squares sums of squares (L, 2) of each layer and its gradient.
 * @returns alarms of layers that were well before; each layer that goes wrong is told once.
 */
export function watchLayers(
  watch: LayerWatch,
  squares: Float32Array,
  names: readonly string[],
  { deadAfter = 50, explodesBy = 1000 }: LayerWatchOptions = {},
): { watch: LayerWatch; alarms: LayerAlarm[] } {
  const alarms: LayerAlarm[] = [];
  const next = watch.map((before, index): Layer => {
    const gradientNorm = Math.sqrt(squares[2 * index + 1]!);
    const alarm = (kind: LayerAlarm['kind']) => alarms.push({ kind, layer: names[index]!, gradientNorm });
    if (!Number.isFinite(gradientNorm)) {
      alarm('notFinite');
      return before;
    }
    const stepsWithoutGradient = gradientNorm === 0 ? before.stepsWithoutGradient + 1 : 0;
    if (stepsWithoutGradient === deadAfter) alarm('dead');
    if (before.steps >= SETTLED_AFTER && before.usual > 0 && gradientNorm > explodesBy * before.usual)
      alarm('exploding');
    const usual = before.steps === 0 ? gradientNorm : MEMORY * before.usual + (1 - MEMORY) * gradientNorm;
    return { steps: before.steps + 1, stepsWithoutGradient, usual };
  });
  return { watch: next, alarms };
}

export function describeLayerAlarm({ kind, layer, gradientNorm }: LayerAlarm): string {
  switch (kind) {
    case 'dead':
      return `${layer} has had no gradient for many steps: it learns nothing.`;
    case 'exploding':
      return `The gradient of ${layer} has the norm ${gradientNorm.toPrecision(3)}, far above its usual one.`;
    case 'notFinite':
      return `The gradient of ${layer} is not finite.`;
  }
}
