/**
 * LARC from shards (Sec. 3.3): every rank knows the sums of squares of its own pieces, and one all-reduce of 2L numbers gives
 * those of whole layers.
 *
 *     sums of this rank (L, 2) ── allReduce ──▶ squared norms ──▶ finite? ──▶ trust ratios (L, 2)
 */
import type { LarcAttributes, Operation } from './operations.ts';
import type { Program } from './program.ts';
import { SHARDED } from './shard.ts';
import { STEP } from './training-step.ts';
import type { Role, Value } from './values.ts';

/** @param layers L, the number of trained parameters. The loss is that of all ranks. */
export function larcProgram(layers: number, larc: LarcAttributes): Program {
  const values: Value[] = [];
  const create = (name: string, role: Role, shape: readonly number[]) => {
    values.push({ id: values.length, name, role, dtype: 'f32', shape });
    return values.length - 1;
  };
  const own = create(SHARDED.norms, 'input', [layers, 2]);
  const loss = create(STEP.loss, 'input', [1]);
  const norms = create(STEP.norms, 'output', [layers, 2]);
  const applied = create(STEP.applied, 'output', [1]);
  const ratios = create(STEP.ratios, 'output', [layers, 2]);
  const base = { unit: 'larc', phase: 'update', attributes: {}, updates: {}, outputs: {} } as const;
  const operations: Operation[] = [
    { ...base, kind: 'allReduce', inputs: { input: own }, outputs: { output: norms }, attributes: { scale: 1 } },
    { ...base, kind: 'await', inputs: { values: [own, norms] } },
    { ...base, kind: 'finiteCheck', inputs: { loss, norms }, outputs: { applied } },
    { ...base, kind: 'trustRatios', inputs: { norms }, outputs: { ratios }, attributes: larc },
  ];
  return { name: 'larc', values, operations };
}
