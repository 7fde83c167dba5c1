/**
 * Activation checkpoints (Sec. 3.3, eq. 3): drop feature maps after the forward pass and make them again in the backward
 * pass, right before they are first needed.
 *
 * `recomputeGroups` keeps only what passes from one group of units to the next; `recomputeNormalised` drops the outputs of
 * normalisations, which cost one pass over memory to make again. Batch moments are kept in both: they are small, and a
 * recomputed forward pass must not take statistics (or, sharded, communicate) a second time.
 */
import { creates, type Operation, reads, renamed } from './operations.ts';
import type { Program } from './program.ts';
import { byteLength, type Value, type ValueId } from './values.ts';

/** A trunk unit and the bytes of its feature maps that the backward pass reads (m_j of eq. 3). */
export interface UnitActivations {
  readonly unit: string;
  readonly bytes: number;
}

/** Units with feature maps, in order of execution. */
export function activationsByUnit(program: Program): UnitActivations[] {
  const readBackward = new Set(program.operations.filter(({ phase }) => phase === 'backward').flatMap(reads));
  const bytes = new Map<string, number>();
  for (const operation of program.operations.filter(({ phase }) => phase === 'forward')) {
    for (const id of creates(operation)) {
      const value = program.values[id]!;
      if (!value.grids) continue;
      const kept = readBackward.has(id) ? byteLength(value) : 0;
      bytes.set(operation.unit, (bytes.get(operation.unit) ?? 0) + kept);
    }
  }
  return [...bytes].map(([unit, total]) => ({ unit, bytes: total }));
}

/**
 * @param groups contiguous groups of units, in order; each but the last is recomputed (the backward pass starts with the
 * last, so dropping it would save nothing).
 */
export function recomputeGroups(program: Program, groups: readonly (readonly string[])[]): Program {
  let result = program;
  for (const units of groups.slice(0, -1).reverse()) {
    const inGroup = (operation: Operation) => operation.phase === 'forward' && units.includes(operation.unit);
    result = dropAndRecompute(result, result.operations.filter(inGroup));
  }
  return result;
}

/** Makes normalised, activated and gated maps again in the backward pass instead of keeping them. */
export function recomputeNormalised(program: Program): Program {
  let result = program;
  const cheap = program.operations.filter(
    (operation) =>
      operation.phase !== 'backward' &&
      ((operation.kind === 'batchNorm' && operation.inputs.residual === undefined) ||
        operation.kind === 'excite' ||
        operation.kind === 'normalizeImages'),
  );
  for (const operation of cheap.reverse()) result = dropAndRecompute(result, [operation]);
  return result;
}

/** Re-emits those of `segment` that the backward pass needs, before its first use of what they made. */
function dropAndRecompute(program: Program, segment: readonly Operation[]): Program {
  // What another group reads stays: it is the checkpoint. A lone operation's output may be read by its successor.
  const isKept = segment.length === 1 ? () => false : readOutside(program, segment);
  const maker = new Map<ValueId, Operation>();
  for (const operation of segment) {
    for (const id of creates(operation)) {
      const { grids, role } = program.values[id]!;
      if (grids && role === 'intermediate' && !isKept(id)) maker.set(id, operation);
    }
  }
  const start = program.operations.findIndex(
    (operation) => operation.phase === 'backward' && reads(operation).some((id) => maker.has(id)),
  );
  if (start === -1) return program;

  const needed = segment.length === 1 ? new Set(segment) : neededOperations(program.operations.slice(start), maker);
  const values: Value[] = [...program.values];
  const replacement = new Map<ValueId, ValueId>();
  const rename = (id: ValueId) => replacement.get(id) ?? id;
  const again = segment
    .filter((operation) => needed.has(operation))
    .map((operation) => {
      for (const id of creates(operation)) {
        const copy = { ...program.values[id]!, id: values.length, name: `${program.values[id]!.name}'` };
        values.push(copy);
        replacement.set(id, copy.id);
      }
      return { ...renamed(operation, rename), phase: 'recompute' } as Operation;
    });
  const before = program.operations.slice(0, start);
  const affected = (operation: Operation) => reads(operation).some((id) => replacement.has(id));
  const after = program.operations
    .slice(start)
    .map((operation) => (affected(operation) ? renamed(operation, rename) : operation));
  return { ...program, values, operations: [...before, ...again, ...after] };
}

/** Whether a value is read in the forward pass by somebody who is not of the segment. */
function readOutside(program: Program, segment: readonly Operation[]): (id: ValueId) => boolean {
  const members = new Set(segment);
  const read = new Set(
    program.operations.filter((operation) => operation.phase !== 'backward' && !members.has(operation)).flatMap(reads),
  );
  return (id) => read.has(id);
}

/** The operations of the segment whose outputs `later` reads, directly or through one another. */
function neededOperations(later: readonly Operation[], maker: ReadonlyMap<ValueId, Operation>): ReadonlySet<Operation> {
  const needed = new Set<Operation>();
  const pending = later.filter(({ phase }) => phase !== 'forward').flatMap(reads);
  while (pending.length > 0) {
    const operation = maker.get(pending.pop()!);
    if (!operation || needed.has(operation)) continue;
    needed.add(operation);
    pending.push(...reads(operation));
  }
  return needed;
}
