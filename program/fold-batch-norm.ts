/**
 * Folds batch normalisation by running statistics into the convolutions before it, for encoders that no longer learn:
 *
 *   convolution -> batchNorm (with residual, with activation)      =>  foldedConvolution
 *
 * Applied to a fused program of inference; there is no gradient of what it makes.
 */
import type { Operation, OperationOf } from './operations.ts';
import { creates, reads } from './operations.ts';
import type { Program } from './program.ts';
import type { ValueId } from './values.ts';

export function foldBatchNorm(program: Program): Program {
  const makers = new Map<ValueId, Operation>();
  const numReaders = new Map<ValueId, number>();
  for (const operation of program.operations) {
    for (const id of creates(operation)) makers.set(id, operation);
    for (const id of reads(operation)) numReaders.set(id, (numReaders.get(id) ?? 0) + 1);
  }
  const folded = new Map<Operation, OperationOf<'foldedConvolution'>>();
  const gone = new Set<Operation>();
  for (const norm of program.operations) {
    if (norm.kind !== 'batchNorm') continue;
    const convolution = makers.get(norm.inputs.input);
    if (convolution?.kind !== 'convolution' || numReaders.get(norm.inputs.input) !== 1) continue;
    gone.add(convolution);
    const { input: _, ...normalising } = norm.inputs;
    folded.set(norm, {
      ...norm,
      kind: 'foldedConvolution',
      inputs: { ...convolution.inputs, ...normalising },
      attributes: { ...convolution.attributes, ...norm.attributes },
    });
  }
  const operations = program.operations
    .filter((operation) => !gone.has(operation))
    .map((operation) => folded.get(operation) ?? operation);
  return { ...program, operations };
}
