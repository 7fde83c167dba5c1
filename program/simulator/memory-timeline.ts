/** How much memory of what kind is taken during each operation of a program (Fig. 4). */
import { type Lifetime, lifetimesOf } from '../memory-plan.ts';
import { creates, reads } from '../operations.ts';
import type { Program } from '../program.ts';
import { byteLength, isPersistent, type ValueId } from '../values.ts';

/**
 *   kept         master weights, momentum, statistics: between steps, too
 *   gathered     weights of units, whole
 *   gradients    of weights, whole and sharded
 *   activations  feature maps and their gradients
 *   workspaces   of kernels
 *   other        crops, moments, scores, codes
 */
export const MEMORY_KINDS = ['kept', 'gathered', 'gradients', 'activations', 'workspaces', 'other'] as const;
export type MemoryKind = (typeof MEMORY_KINDS)[number];

/** Bytes by kind. */
export type MemoryUse = Readonly<Record<MemoryKind, number>>;

/** @returns what is alive at each operation. The arena may be somewhat larger than any sum of them, because values lie apart. */
export function memoryTimeline(program: Program, workspaceBytes: readonly number[] = []): MemoryUse[] {
  const kindOf = classifier(program);
  const change = program.operations.map(() => empty());
  for (const { id, bytes, first, last } of lifetimesOf(program)) {
    const kind = kindOf(id);
    change[first]![kind] += bytes;
    if (last + 1 < change.length) change[last + 1]![kind] -= bytes;
  }
  const kept = program.values.reduce((sum, value) => sum + (isPersistent(value) ? byteLength(value) : 0), 0);
  const alive = { ...empty(), kept };
  return change.map((changes, index) => {
    for (const kind of MEMORY_KINDS) alive[kind] += changes[kind];
    return { ...alive, workspaces: workspaceBytes[index] ?? 0 };
  });
}

export function sumOf(use: MemoryUse): number {
  return MEMORY_KINDS.reduce((sum, kind) => sum + use[kind], 0);
}

/** The operation at which most is alive. */
export function peakOf(memory: readonly MemoryUse[]): number {
  const sums = memory.map(sumOf);
  return sums.indexOf(sums.reduce((most, sum) => Math.max(most, sum), 0));
}

function empty(): Record<MemoryKind, number> {
  return { kept: 0, gathered: 0, gradients: 0, activations: 0, workspaces: 0, other: 0 };
}

function classifier(program: Program): (id: Lifetime['id']) => MemoryKind {
  const kinds = new Map<ValueId, MemoryKind>();
  for (const operation of program.operations) {
    if (operation.kind === 'allGather') kinds.set(operation.outputs.output, 'gathered');
    if (operation.kind === 'convert') kinds.set(operation.outputs.output, 'gathered');
    if (operation.kind === 'reduceScatter')
      for (const id of [...reads(operation), ...creates(operation)]) kinds.set(id, 'gradients');
    if (operation.kind === 'sgd') for (const id of operation.inputs.gradients) kinds.set(id, 'gradients');
  }
  return (id) => kinds.get(id) ?? (program.values[id]!.grids ? 'activations' : 'other');
}
