/** From the shapes of a trunk's tensors to its architecture, checked tensor by tensor. */
import { architectures } from '../../model/families.ts';
import { trunkParameters } from '../../model/parameters.ts';
import {
  regnetTrunk,
  type StagedParameters,
  type StageSpec,
  type TrunkKind,
  type TrunkSpec,
} from '../../model/regnet.ts';
import { InterchangeError } from './errors.ts';

/** Shapes by our names (`s1.b1.conv1.conv.weight`). */
export type TrunkShapes = ReadonlyMap<string, { readonly shape: readonly number[] }>;

export interface RecognisedTrunk {
  readonly spec: TrunkSpec;
  /** What a configuration says for it: a name that `auspex arch` knows, or the stages. */
  readonly architecture: string | (StagedParameters & { readonly stages: StageSpec[] });
}

/**
 * The one RegNet that has these tensors: each exactly once, and in its shape.
 * @param family which name a trunk gets that both have: `seer` for SEER's, `regnety` for the RegNet paper's.
 * @param source names the file in errors
 * @throws InterchangeError UNKNOWN_TRUNK, FOREIGN_TENSOR_MISSING, FOREIGN_TENSOR_SHAPE, FOREIGN_TENSOR_UNUSED
 */
export function recogniseTrunk(shapes: TrunkShapes, family: 'seer' | 'regnety', source: string): RecognisedTrunk {
  const parameters = { kind: kindOf(shapes), stages: stagesOf(shapes, source) };
  const spec = regnetTrunk(parameters);
  checkShapes(shapes, spec, source);
  const same = architectures.filter((known) => sameTrunk(regnetTrunk(known.parameters), spec));
  const named = same.find(({ name }) => name.startsWith(`${family}-`)) ?? same[0];
  return { spec, architecture: named?.name ?? parameters };
}

function stagesOf(shapes: TrunkShapes, source: string): StageSpec[] {
  const stages: StageSpec[] = [];
  for (let stage = 1; ; stage++) {
    let depth = 0;
    while (shapes.has(`s${stage}.b${depth + 1}.conv1.conv.weight`)) depth++;
    if (depth === 0) break;
    const width = shapes.get(`s${stage}.b1.conv3.conv.weight`)?.shape[0];
    const groupWidth = shapes.get(`s${stage}.b1.conv2.conv.weight`)?.shape[1];
    if (!width || !groupWidth) {
      throw new InterchangeError(
        'FOREIGN_TENSOR_MISSING',
        `${source}: block s${stage}.b1 lacks its second or third convolution`,
      );
    }
    stages.push({ depth, width, groupWidth });
  }
  if (stages.length > 0) return stages;
  throw new InterchangeError(
    'UNKNOWN_TRUNK',
    `${source}: has no block of a RegNet (s1.b1.conv1.conv.weight by our names)`,
  );
}

/** RegNetZ: blocks whose inner width is a multiple of the outer. */
function kindOf(shapes: TrunkShapes): TrunkKind {
  const [outer, inner] = shapes.get('s1.b1.conv3.conv.weight')?.shape ?? [];
  return outer !== undefined && inner === 4 * outer ? 'regnetz' : 'regnety';
}

function checkShapes(shapes: TrunkShapes, spec: TrunkSpec, source: string): void {
  const { parameters, buffers } = trunkParameters(spec);
  const unused = new Set(shapes.keys());
  for (const { name, shape } of [...parameters, ...buffers]) {
    const found = shapes.get(name)?.shape;
    if (!found) throw new InterchangeError('FOREIGN_TENSOR_MISSING', `${source}: has no tensor for ${name} [${shape}]`);
    if (found.join() !== shape.join()) {
      throw new InterchangeError(
        'FOREIGN_TENSOR_SHAPE',
        `${source}: the tensor for ${name} has the shape [${found}]; the trunk that the others make up needs [${shape}]. ` +
          'Trunks need a stem of width 32, and squeeze-and-excitation of a quarter of the input width.',
      );
    }
    unused.delete(name);
  }
  const [left] = unused;
  if (left !== undefined)
    throw new InterchangeError('FOREIGN_TENSOR_UNUSED', `${source}: ${left} has no place in the trunk`);
}

function sameTrunk(one: TrunkSpec, other: TrunkSpec): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}
