/**
 * Data parallel without shards: every rank keeps all parameters, and the gradients of each are summed up over ranks as soon as they are
 * complete. Nobody trains like this here (shard.ts does it with the same traffic and a part of the memory); planners compare with it.
 */
import { creates, type Operation, type OperationOf, renamed } from './operations.ts';
import type { Program } from './program.ts';
import type { Value, ValueId } from './values.ts';

/** @param batchNormRanks consecutive ranks that share the statistics of batch norm */
export function replicate(step: Program, worldSize: number, batchNormRanks = worldSize): Program {
  const values: Value[] = [...step.values];
  const { inputs } = step.operations.find((operation) => operation.kind === 'sgd') as OperationOf<'sgd'>;
  const means = new Map<ValueId, ValueId>();
  for (const gradient of inputs.gradients) {
    const { name, shape, dtype } = values[gradient]!;
    const view = { of: gradient, byteOffset: 0 };
    values.push({ id: values.length, name: `mean of ${name}`, role: 'intermediate', dtype, shape, view });
    means.set(gradient, values.length - 1);
  }
  const update = step.operations.findIndex(({ phase }) => phase === 'update');
  const operations = step.operations.slice(0, update).flatMap((operation): Operation[] => {
    const { unit, phase } = operation;
    const base = { kind: 'allReduce', unit, phase, updates: {}, attributes: { scale: 1 / worldSize } } as const;
    const complete = creates(operation).filter((id) => means.has(id));
    const sums = complete.map((input) => ({ ...base, inputs: { input }, outputs: { output: means.get(input)! } }));
    return [synchronised(operation, worldSize, batchNormRanks), ...sums];
  });
  const wait: Operation = {
    ...{ kind: 'await', unit: 'update', phase: 'backward', outputs: {}, updates: {}, attributes: {} },
    inputs: { values: [...means.keys(), ...means.values()] },
  };
  const rest = step.operations.slice(update).map((operation) => renamed(operation, (id) => means.get(id) ?? id));
  return { ...step, values, operations: [...operations, wait, ...rest] };
}

function synchronised(operation: Operation, worldSize: number, batchNormRanks: number): Operation {
  switch (operation.kind) {
    case 'batchNormMoments':
    case 'batchNormBackward':
    case 'squeezeBackward':
      return { ...operation, attributes: { ...operation.attributes, ranks: batchNormRanks } } as Operation;
    case 'sinkhorn':
      return { ...operation, attributes: { ...operation.attributes, ranks: worldSize } };
    default:
      return operation;
  }
}
