/**
 * Fusion: fewer passes over feature maps in memory.
 *
 *   batchNorm -> (add residual) -> activation      =>  batchNorm with residual and activation
 *   batchNorm+activation -> { globalPool, gate }   =>  squeeze, excite (the activated map is never stored)
 *
 * Applied to the forward program; the rules of differentiation know the fused operations.
 */
import { creates, type Operation, type OperationOf, reads } from './operations.ts';
import type { Program } from './program.ts';
import type { ValueId } from './values.ts';

export function fuse(program: Program): Program {
  return fuseSqueezeAndExcitation(fuseNorms(program));
}

/** The first of both rules alone. */
export function fuseNorms(program: Program): Program {
  return fuseActivations(fuseResiduals(program));
}

type Norm = OperationOf<'batchNorm'>;

/** Who makes and who reads each value. */
function usage(operations: readonly Operation[]) {
  const maker = new Map<ValueId, Operation>();
  const readers = new Map<ValueId, Operation[]>();
  for (const operation of operations) {
    for (const id of creates(operation)) maker.set(id, operation);
    for (const id of reads(operation)) readers.set(id, [...(readers.get(id) ?? []), operation]);
  }
  const onlyReader = (id: ValueId, operation: Operation) => {
    const all = readers.get(id) ?? [];
    return all.length === 1 && all[0] === operation;
  };
  /** The plain batchNorm that makes `id` for this reader alone. */
  const plainNorm = (id: ValueId, reader: Operation): Norm | undefined => {
    const norm = maker.get(id);
    const plain = norm?.kind === 'batchNorm' && norm.attributes.activation === 'none' && onlyReader(id, reader);
    return plain ? norm : undefined;
  };
  return { readers, plainNorm };
}

/** Replaces operations by others; the replaced ones that have no successor disappear. */
function rewrite(program: Program, replace: Map<Operation, Operation | undefined>): Program {
  const operations = program.operations.flatMap((operation) => {
    if (!replace.has(operation)) return [operation];
    const successor = replace.get(operation);
    return successor ? [successor] : [];
  });
  return { ...program, operations };
}

function fuseResiduals(program: Program): Program {
  const { plainNorm } = usage(program.operations);
  const replace = new Map<Operation, Operation | undefined>();
  for (const sum of program.operations) {
    if (sum.kind !== 'add') continue;
    const norm = plainNorm(sum.inputs.left, sum);
    if (!norm || norm.inputs.residual !== undefined) continue;
    replace.set(norm, undefined);
    replace.set(sum, { ...norm, inputs: { ...norm.inputs, residual: sum.inputs.right }, outputs: sum.outputs });
  }
  return rewrite(program, replace);
}

function fuseActivations(program: Program): Program {
  const { plainNorm } = usage(program.operations);
  const replace = new Map<Operation, Operation | undefined>();
  for (const operation of program.operations) {
    if (operation.kind !== 'activation') continue;
    const { activation } = operation.attributes;
    const norm = plainNorm(operation.inputs.input, operation);
    // With a residual the derivative is read off the output, which only ReLU allows.
    if (!norm || (norm.inputs.residual !== undefined && activation !== 'relu')) continue;
    replace.set(norm, undefined);
    replace.set(operation, { ...norm, attributes: { ...norm.attributes, activation }, outputs: operation.outputs });
  }
  return rewrite(program, replace);
}

function fuseSqueezeAndExcitation(program: Program): Program {
  const { readers } = usage(program.operations);
  const replace = new Map<Operation, Operation | undefined>();
  for (const norm of program.operations) {
    if (norm.kind !== 'batchNorm' || norm.inputs.residual !== undefined) continue;
    const [pool, gate, ...others] = readers.get(norm.outputs.output) ?? [];
    if (pool?.kind !== 'globalPool' || gate?.kind !== 'gate' || others.length > 0) continue;
    const { residual: _, ...inputs } = norm.inputs;
    replace.set(norm, undefined);
    replace.set(pool, { ...norm, kind: 'squeeze', inputs, outputs: { pooled: pool.outputs.output } });
    replace.set(gate, {
      ...norm,
      kind: 'excite',
      inputs: { ...inputs, gate: gate.inputs.gate },
      outputs: gate.outputs,
    });
  }
  return rewrite(program, replace);
}
