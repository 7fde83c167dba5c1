/**
 * The update phase of a step: norms -> finite? -> trust ratios -> SGD, running statistics. Every operation that changes
 * something asks `applied` first, so that a step whose loss or gradients are not finite changes nothing.
 */
import { BATCH_NORM, type BatchMoments } from './builder.ts';
import type { LarcAttributes, Operation } from './operations.ts';
import type { Program } from './program.ts';
import type { Value, ValueId } from './values.ts';

/** Names of what every step has. */
export const UPDATE = {
  control: 'control',
  loss: 'loss',
  norms: 'squared norms',
  ratios: 'trust ratios',
  applied: 'applied',
} as const;

export interface SgdSpec {
  readonly momentum: number;
  readonly weightDecay: number;
  /** @default false */
  readonly nesterov?: boolean;
  /** Scales, shifts and biases do not decay. @default false */
  readonly vectorsUndecayed?: boolean;
  readonly larc: Omit<LarcAttributes, 'weightDecay'>;
}

export interface UpdateSpec {
  readonly optimizer: SgdSpec;
  readonly moments: readonly BatchMoments[];
  /** Parameters that stand still while `control` says so. @default none */
  readonly freezable?: readonly ValueId[];
  /** What else changes right after SGD. @default nothing */
  readonly afterSgd?: (applied: ValueId) => readonly Operation[];
}

/** What the operations of an update share. */
export const UPDATE_BASE = { unit: 'update', phase: 'update', attributes: {}, updates: {}, outputs: {} } as const;

/** @param gradientOf each trained parameter's gradient */
export function appendUpdate(
  program: Program,
  gradientOf: ReadonlyMap<ValueId, ValueId>,
  { optimizer, moments, freezable = [], afterSgd = () => [] }: UpdateSpec,
): Program {
  const values: Value[] = [...program.values];
  const create = (draft: Omit<Value, 'id' | 'dtype'>): ValueId => {
    values.push({ dtype: 'f32', ...draft, id: values.length });
    return values.length - 1;
  };
  const trained = values.filter(({ id, role }) => role === 'parameter' && gradientOf.has(id));
  const parameters = trained.map(({ id }) => id);
  const gradients = parameters.map((id) => gradientOf.get(id)!);
  const momenta = trained.map(({ name, shape }) =>
    create({ name: `momentum(${name})`, shape, role: 'momentum', init: { kind: 'constant', value: 0 } }),
  );
  const control = create({ name: UPDATE.control, role: 'input', shape: [2] });
  const norms = create({ name: UPDATE.norms, role: 'output', shape: [parameters.length, 2] });
  const ratios = create({ name: UPDATE.ratios, role: 'output', shape: [parameters.length, 2] });
  const applied = create({ name: UPDATE.applied, role: 'output', shape: [1] });
  const loss = values.find(({ name }) => name === UPDATE.loss)!.id;
  const { momentum, weightDecay, nesterov = false, vectorsUndecayed = false, larc } = optimizer;
  const undecayed = vectorsUndecayed ? trained.flatMap(({ shape }, i) => (shape.length === 1 ? [i] : [])) : [];

  const operations: Operation[] = [
    { ...UPDATE_BASE, kind: 'squaredNorms', inputs: { parameters, gradients }, outputs: { norms } },
    { ...UPDATE_BASE, kind: 'finiteCheck', inputs: { loss, norms }, outputs: { applied } },
    {
      ...UPDATE_BASE,
      kind: 'trustRatios',
      inputs: { norms },
      outputs: { ratios },
      attributes: { ...larc, weightDecay },
    },
    {
      ...UPDATE_BASE,
      kind: 'sgd',
      inputs: { gradients, ratios, control, applied },
      updates: { parameters, momenta },
      attributes: {
        momentum,
        weightDecay,
        nesterov,
        undecayed,
        freezable: freezable.map((id) => parameters.indexOf(id)),
      },
    },
    ...afterSgd(applied),
    ...moments.map(
      ({ mean, variance, runningMean, runningVariance, counts }): Operation => ({
        ...UPDATE_BASE,
        kind: 'updateRunningMoments',
        inputs: { mean, variance, applied },
        updates: { runningMean, runningVariance },
        attributes: { momentum: BATCH_NORM.momentum, counts },
      }),
    ),
  ];
  return { ...program, values, operations: [...program.operations, ...operations] };
}
