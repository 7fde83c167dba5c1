/**
 * The same RegNet under the names of four libraries. Ours are timm's; a name in another layout is put together from the
 * name of the block, that of the layer within it, and the parameter's own:
 *
 *     timm          s1.b2                                   conv2.bn   running_mean
 *     torchvision   trunk_output.block1.block1-1            f.b.1      running_mean
 *     classy        trunk_output.block1.block1-1            f.b.1      running_mean     ClassyVision 0.7.0, anynet.py
 *     vissl         _feature_blocks.res2.block1-1           f.b.1      running_mean     VISSL 0.1.6, regnet_fsdp.py
 *
 * ClassyVision and VISSL differ from torchvision in the last convolution, the shortcut, squeeze-and-excitation and the stem.
 */

export const LAYOUTS = ['timm', 'torchvision', 'classy', 'vissl'] as const;
export type Layout = (typeof LAYOUTS)[number];

type Part = 'conv' | 'bn';
type BlockPart =
  | `conv${1 | 2 | 3}.${Part}`
  | `downsample.${Part}`
  /** Squeeze-and-excitation. */
  | 'se.fc1'
  | 'se.fc2';

interface LayoutNames {
  readonly stem: Readonly<Record<Part, string>>;
  /** Name of a block; stage and index count from 1. */
  block(stage: number, index: number): string;
  /** Takes a name apart: stage, and index from `firstIndex`. */
  readonly blockPattern: RegExp;
  readonly firstIndex: 0 | 1;
  readonly parts: Readonly<Record<BlockPart, string>>;
}

const BOTTLENECK = { 'conv1.conv': 'f.a.0', 'conv1.bn': 'f.a.1', 'conv2.conv': 'f.b.0', 'conv2.bn': 'f.b.1' } as const;

const CLASSY_PARTS: LayoutNames['parts'] = {
  ...BOTTLENECK,
  'se.fc1': 'f.se.excitation.0',
  'se.fc2': 'f.se.excitation.2',
  'conv3.conv': 'f.c',
  'conv3.bn': 'f.final_bn',
  'downsample.conv': 'proj',
  'downsample.bn': 'bn',
};

const PARTS: readonly BlockPart[] = [...(Object.keys(CLASSY_PARTS) as BlockPart[])];

const NAMES: Readonly<Record<Layout, LayoutNames>> = {
  timm: {
    stem: { conv: 'stem.conv', bn: 'stem.bn' },
    block: (stage, index) => `s${stage}.b${index}`,
    blockPattern: /^s(\d+)\.b(\d+)\.(.+)$/,
    firstIndex: 1,
    parts: Object.fromEntries(PARTS.map((part) => [part, part])) as LayoutNames['parts'],
  },
  torchvision: {
    stem: { conv: 'stem.0', bn: 'stem.1' },
    block: (stage, index) => `trunk_output.block${stage}.block${stage}-${index - 1}`,
    blockPattern: /^trunk_output\.block(\d+)\.block\1-(\d+)\.(.+)$/,
    firstIndex: 0,
    parts: {
      ...BOTTLENECK,
      'se.fc1': 'f.se.fc1',
      'se.fc2': 'f.se.fc2',
      'conv3.conv': 'f.c.0',
      'conv3.bn': 'f.c.1',
      'downsample.conv': 'proj.0',
      'downsample.bn': 'proj.1',
    },
  },
  classy: {
    stem: { conv: 'stem.stem.0', bn: 'stem.stem.1' },
    block: (stage, index) => `trunk_output.block${stage}.block${stage}-${index - 1}`,
    blockPattern: /^trunk_output\.block(\d+)\.block\1-(\d+)\.(.+)$/,
    firstIndex: 0,
    parts: CLASSY_PARTS,
  },
  vissl: {
    // Its feature blocks count from the stem, conv1, so that stages are res2 to res5.
    stem: { conv: '_feature_blocks.conv1.stem.0', bn: '_feature_blocks.conv1.stem.1' },
    block: (stage, index) => `_feature_blocks.res${stage + 1}.block${stage}-${index - 1}`,
    blockPattern: /^_feature_blocks\.res\d+\.block(\d+)-(\d+)\.(.+)$/,
    firstIndex: 0,
    parts: CLASSY_PARTS,
  },
};

const OURS = NAMES.timm;

/** The name that a layout gives to a tensor of the trunk. @param name ours: timm's, as `s1.b1.conv1.conv.weight` */
export function nameIn(layout: Layout, name: string): string {
  const translated = translate(name, OURS, NAMES[layout]);
  if (translated === undefined) throw new RangeError(`${name} is no tensor of a trunk`);
  return translated;
}

/** Our name of a tensor of the trunk, or undefined if the layout has no such name. */
export function nameFrom(layout: Layout, name: string): string | undefined {
  return translate(name, NAMES[layout], OURS);
}

function translate(name: string, from: LayoutNames, to: LayoutNames): string | undefined {
  const dot = name.lastIndexOf('.');
  const [layer, parameter] = [name.slice(0, dot), name.slice(dot + 1)];
  for (const part of ['conv', 'bn'] as const) {
    if (from.stem[part] === layer) return `${to.stem[part]}.${parameter}`;
  }
  const [, stage, index, rest] = from.blockPattern.exec(layer) ?? [];
  const part = PARTS.find((known) => from.parts[known] === rest);
  if (part === undefined) return undefined;
  const block = to.block(Number(stage), Number(index) + 1 - from.firstIndex);
  return `${block}.${to.parts[part]}.${parameter}`;
}
