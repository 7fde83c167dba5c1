/**
 * VISSL's SwAV head as ours. Its projection is a Sequential in which activations count, so that layers have gaps between
 * them:
 *
 *     with BN     0 linear   1 BN   2 ReLU   3 linear   4 BN   5 ReLU   6 linear
 *     without     0 linear          1 ReLU   2 linear          3 ReLU   4 linear
 */
import { headParameters, prototypeParameters } from '../../model/parameters.ts';
import type { HeadSpec } from '../../model/swav.ts';
import { InterchangeError } from './errors.ts';
import type { ForeignTensor, ForeignTensors } from './foreign-tensors.ts';
import { parseVisslName } from './vissl-names.ts';

export interface ForeignHead {
  /** By our names: `head.0.weight`, `prototypes.weight`. */
  readonly tensors: ReadonlyMap<string, ForeignTensor>;
  /** Foreign names of the tensors that were taken. */
  readonly used?: ReadonlySet<string>;
  /** Missing where there is no head. */
  readonly spec?: HeadSpec;
}

/**
 * The head among tensors that are not the trunk's; what is no head of SwAV is not used.
 * @param trunkWidth channels that the trunk gives it
 * @throws InterchangeError FOREIGN_TENSOR_MISSING, FOREIGN_TENSOR_SHAPE, FOREIGN_TENSOR_UNUSED
 */
export function visslHead(others: ForeignTensors, trunkWidth: number, source: string): ForeignHead {
  const layers = new Map<number, Map<string, ForeignTensor>>();
  const tensors = new Map<string, ForeignTensor>();
  const used = new Set<string>();
  for (const [name, tensor] of others) {
    const parsed = parseVisslName(name);
    if (parsed.part === 'head') {
      const layer = layers.get(parsed.index) ?? new Map<string, ForeignTensor>();
      if (layer.has(parsed.parameter)) throw unusable('FOREIGN_TENSOR_UNUSED', source, `${name} is a second head's`);
      layers.set(parsed.index, layer.set(parsed.parameter, tensor));
      used.add(name);
    }
    // The first set of prototypes; SEER has no other.
    if (parsed.part === 'prototypes' && parsed.index === 0) {
      if (tensors.has('prototypes.weight'))
        throw unusable('FOREIGN_TENSOR_UNUSED', source, `${name} is a second head's`);
      tensors.set('prototypes.weight', tensor);
      used.add(name);
    }
  }
  if (layers.size === 0) return { tensors: new Map() };

  const widths: number[] = [];
  let batchNorm: HeadSpec['batchNorm'] = 'none';
  for (const [, layer] of [...layers].sort(([one], [other]) => one - other)) {
    const isLinear = layer.get('weight')?.shape.length === 2;
    if (isLinear) widths.push(layer.get('weight')!.shape[0]!);
    else batchNorm = 'hidden';
    const prefix = isLinear ? `head.${widths.length - 1}` : `head.${widths.length - 1}.bn`;
    for (const [parameter, tensor] of layer) tensors.set(`${prefix}.${parameter}`, tensor);
  }
  const spec: HeadSpec = { widths, batchNorm, prototypes: tensors.get('prototypes.weight')?.shape[0] ?? 0 };
  checkHead(tensors, spec, trunkWidth, source);
  return { tensors, used, spec };
}

function checkHead(
  tensors: ReadonlyMap<string, ForeignTensor>,
  spec: HeadSpec,
  trunkWidth: number,
  source: string,
): void {
  const lists = [
    headParameters(trunkWidth, spec),
    ...(spec.prototypes > 0 ? [prototypeParameters(trunkWidth, spec)] : []),
  ];
  const needed = lists.flatMap(({ parameters, buffers }) => [...parameters, ...buffers]);
  for (const { name, shape } of needed) {
    const found = tensors.get(name)?.shape;
    if (!found) throw unusable('FOREIGN_TENSOR_MISSING', source, `the head has no tensor for ${name} [${shape}]`);
    if (found.join() !== shape.join()) {
      throw unusable(
        'FOREIGN_TENSOR_SHAPE',
        source,
        `the tensor for ${name} has the shape [${found}] and not [${shape}]`,
      );
    }
  }
  const extra = [...tensors.keys()].find((name) => !needed.some((spec) => spec.name === name));
  if (extra) throw unusable('FOREIGN_TENSOR_UNUSED', source, `${extra} has no place in a head of [${spec.widths}]`);
}

function unusable(code: InterchangeError['code'], source: string, problem: string): InterchangeError {
  return new InterchangeError(code, `${source}: ${problem}; --without-head takes the trunk alone`);
}
