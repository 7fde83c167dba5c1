/**
 * Weights of other software under our names: every tensor is used once, or left out for a reason that is reported.
 *
 * Left out are counters of batches (`num_batches_tracked`), which no computation uses, and classifiers, which this network
 * does not have. Anything else that is unknown is an error.
 */
import type { StagedParameters, StageSpec, TrunkSpec } from '../../model/regnet.ts';
import type { HeadSpec } from '../../model/swav.ts';
import { InterchangeError } from './errors.ts';
import { type ForeignTensor, type ForeignTensors, requireNumbers } from './foreign-tensors.ts';
import { LAYOUTS, type Layout, nameFrom } from './layouts.ts';
import { recogniseTrunk } from './recognise-trunk.ts';
import { type ForeignHead, visslHead } from './vissl-head.ts';
import { parseVisslName } from './vissl-names.ts';

export interface AdoptedWeights {
  readonly layout: Layout;
  readonly trunk: TrunkSpec;
  /** What a configuration says for the trunk. */
  readonly architecture: string | (StagedParameters & { readonly stages: StageSpec[] });
  /** Missing where there was none. */
  readonly head?: HeadSpec;
  /** By our names, as the files of a checkpoint bear them: `stem.conv.weight`, and `head.0.weight` of the head. */
  readonly trunkTensors: ReadonlyMap<string, ForeignTensor>;
  readonly headTensors: ReadonlyMap<string, ForeignTensor>;
  /** Names, as the file has them, of what this network does not have. */
  readonly leftOut: readonly string[];
}

export interface AdoptOptions {
  /** Whether a head that cannot be used is left out instead of being an error. @default false */
  readonly withoutHead?: boolean;
}

/** What each layout has behind its trunk. */
const CLASSIFIERS: Readonly<Record<Layout, RegExp>> = {
  timm: /^head\.fc\.(weight|bias)$/,
  torchvision: /^fc\.(weight|bias)$/,
  classy: /^heads?\./,
  vissl: /^$/,
};

/**
 * @param source names the file in errors
 * @throws InterchangeError
 */
export function adoptWeights(tensors: ForeignTensors, source: string, options: AdoptOptions = {}): AdoptedWeights {
  const layout = layoutOf(tensors, source);
  const trunkTensors = new Map<string, ForeignTensor>();
  const others = new Map<string, ForeignTensor>();
  const leftOut: string[] = [];
  for (const [name, tensor] of tensors) {
    const own = name.endsWith('.num_batches_tracked') ? undefined : trunkName(layout, name);
    if (own !== undefined) addOnce(trunkTensors, own, tensor, name, source);
    else if (name.endsWith('.num_batches_tracked') || CLASSIFIERS[layout].test(name)) leftOut.push(name);
    else others.set(name, tensor);
  }
  const family = layout === 'vissl' || layout === 'classy' ? 'seer' : 'regnety';
  const { spec: trunk, architecture } = recogniseTrunk(trunkTensors, family, source);
  requireNumbers(trunkTensors);
  const base = { layout, trunk, architecture, trunkTensors };
  if (options.withoutHead) return { ...base, headTensors: new Map(), leftOut: [...leftOut, ...others.keys()] };
  const head: ForeignHead = layout === 'vissl' ? visslHead(others, trunk.width, source) : { tensors: new Map() };
  refuseUnused(others, head, source);
  requireNumbers(head.tensors);
  return { ...base, headTensors: head.tensors, leftOut, ...(head.spec && { head: head.spec }) };
}

/** The layout in which most tensors have a name; their stems tell them apart. */
function layoutOf(tensors: ForeignTensors, source: string): Layout {
  const found = LAYOUTS.find((layout) => {
    const names = [...tensors.keys()].map((name) => trunkName(layout, name));
    return names.includes('stem.conv.weight');
  });
  if (found) return found;
  const [example] = tensors.keys();
  throw new InterchangeError(
    'UNKNOWN_LAYOUT',
    `${source}: its names (${example ?? 'it has none'}, ...) are not those of a RegNet of timm, torchvision, ClassyVision ` +
      'or VISSL: none of them is the convolution of the stem',
  );
}

function trunkName(layout: Layout, name: string): string | undefined {
  if (layout !== 'vissl') return nameFrom(layout, name);
  const parsed = parseVisslName(name);
  return parsed.part === 'trunk' ? nameFrom('vissl', parsed.name) : undefined;
}

function addOnce(
  into: Map<string, ForeignTensor>,
  own: string,
  tensor: ForeignTensor,
  name: string,
  source: string,
): void {
  if (into.has(own)) {
    throw new InterchangeError('FOREIGN_TENSOR_UNUSED', `${source}: ${name} is a second tensor for ${own}`);
  }
  into.set(own, tensor);
}

function refuseUnused(others: ForeignTensors, { used = new Set() }: ForeignHead, source: string): void {
  const [left] = [...others.keys()].filter((name) => !used.has(name));
  if (left === undefined) return;
  throw new InterchangeError(
    'FOREIGN_TENSOR_UNUSED',
    `${source}: ${left} has no place in this network. If it belongs to a head that you do not need, import without the ` +
      'head (--without-head).',
  );
}
