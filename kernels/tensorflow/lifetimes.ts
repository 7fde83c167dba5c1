/** The memory plan of an executor whose memory is not ours: which values are over after each operation. */
import { creates, reads } from '../../program/operations.ts';
import type { Program } from '../../program/program.ts';
import type { ValueId } from '../../program/values.ts';

/**
 * For each operation the intermediate values that nobody reads after it; a value ends with the last of its parts. Inputs stay until they
 * are written again: they are small, and whoever runs a step again need not write them again.
 */
export function endsAfter({ values, operations }: Program): ValueId[][] {
  const last = new Map<ValueId, number>();
  for (const [index, operation] of operations.entries()) {
    for (const id of [...creates(operation), ...reads(operation)]) last.set(values[id]!.view?.of ?? id, index);
  }
  const keptByPart = new Set(values.flatMap((value) => (value.view && value.role === 'output' ? [value.view.of] : [])));
  const ends: ValueId[][] = operations.map(() => []);
  for (const [id, index] of last) {
    const value = values[id]!;
    if (value.role !== 'intermediate' || keptByPart.has(id)) continue;
    ends[index]!.push(id);
  }
  return ends;
}
