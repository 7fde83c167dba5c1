import { type Command, Option } from 'commander';
import { parameterCounts, type TrunkCost, trunkCost } from '../../../model/cost.ts';
import {
  type Architecture,
  architectures,
  findArchitecture,
  UNNAMED_HEAD,
  UNNAMED_PROTOTYPES,
} from '../../../model/families.ts';
import { regnetTrunk, type TrunkKind, type TrunkParameters, type TrunkSpec } from '../../../model/regnet.ts';
import { UsageError } from '../errors.ts';
import { parseCount, parseCounts, parseNumber } from '../options/arguments.ts';
import { Output, shortBytes, shortCount, table } from '../output.ts';

interface ArchOptions {
  w0?: number;
  wa?: number;
  wm?: number;
  depth?: number;
  groupWidth?: number;
  kind?: TrunkKind;
  head?: number[];
  prototypes?: number;
  resolution?: number;
  json?: boolean;
}

/** What `auspex arch --json` prints. */
interface ArchResult {
  /** Null for an architecture that is given by numbers. */
  name: string | null;
  kind: TrunkKind;
  source: string | null;
  resolution: number;
  stemWidth: number;
  stages: { depth: number; width: number; groupWidth: number }[];
  head: readonly number[];
  numPrototypes: number;
  parameters: { trunk: number; head: number; prototypes: number };
  /** Of one image through the trunk. */
  multiplyAdds: number;
  /** Outputs of all convolutions for one image. */
  activationBytes: { fp32: number; bf16: number };
  blocks: { name: string; outputSide: number; multiplyAdds: number; activationBytes: { fp32: number; bf16: number } }[];
}

const NUMBERS = ['w0', 'wa', 'wm', 'depth', 'groupWidth'] as const;

export function addArchCommand(command: Command): void {
  command
    .argument('[name]', 'such as seer-8gf, regnety-400mf, regnety_004, regnetz-4gf, scaling-1, tiny')
    .option('--w0 <channels>', 'width of the first block, a multiple of 8', parseNumber)
    .option('--wa <channels>', 'channels that each further block adds', parseNumber)
    .option('--wm <ratio>', 'ratio between the widths of neighbouring stages', parseNumber)
    .option('--depth <blocks>', 'number of blocks', parseCount)
    .option('--group-width <channels>', 'channels per group of the 3x3 convolutions', parseCount)
    .addOption(new Option('--kind <kind>', 'kind of the blocks, with --w0 ...').choices(['regnety', 'regnetz']))
    .option('--head <widths>', "widths of the head's layers after the trunk, such as 8192,8192,256", parseCounts)
    .option('--prototypes <count>', 'number of prototypes', parseCount)
    .option('--resolution <pixels>', 'side of the image that multiply-adds and activations are for', parseCount)
    .option('--json', 'print the result as JSON')
    .action((name: string | undefined, options: ArchOptions) => {
      const output = new Output(options);
      const numbers = numbersOf(name, options);
      if (name === undefined && numbers === undefined) return listAll(output);
      const named = name === undefined ? undefined : findArchitecture(name);
      const result = measure(named, named?.parameters ?? numbers!, options);
      output.result(result, describe(result));
    });
}

/** The architecture that the options give, if they do. */
function numbersOf(name: string | undefined, options: ArchOptions): TrunkParameters | undefined {
  const { w0, wa, wm, depth, groupWidth, kind } = options;
  const given = NUMBERS.filter((key) => options[key] !== undefined);
  const flag = (key: string) => `--${key.replace(/[A-Z]/, (letter) => `-${letter.toLowerCase()}`)}`;
  if (name !== undefined && (given.length > 0 || kind)) {
    throw new UsageError(`give either a name or numbers: "${name}" does not go with ${flag(given[0] ?? 'kind')}`);
  }
  if (given.length === 0 && !kind) return undefined;
  const missing = NUMBERS.filter((key) => options[key] === undefined);
  if (missing.length > 0) throw new UsageError(`an architecture by numbers also needs ${missing.map(flag).join(', ')}`);
  return { w0: w0!, wa: wa!, wm: wm!, depth: depth!, groupWidth: groupWidth!, ...(kind ? { kind } : {}) };
}

function measure(named: Architecture | undefined, parameters: TrunkParameters, options: ArchOptions): ArchResult {
  const trunk = regnetTrunk(parameters);
  const head = options.head ?? named?.head ?? UNNAMED_HEAD;
  const numPrototypes = options.prototypes ?? named?.prototypes ?? UNNAMED_PROTOTYPES;
  const resolution = options.resolution ?? named?.resolution ?? 224;
  const fp32 = trunkCost(trunk, resolution, 'fp32');
  const bf16 = trunkCost(trunk, resolution, 'bf16');
  return {
    name: named?.name ?? null,
    kind: trunk.kind,
    source: named?.source ?? null,
    resolution,
    stemWidth: trunk.stemWidth,
    stages: trunk.stages.map(({ depth, width, groupWidth }) => ({ depth, width, groupWidth })),
    head,
    numPrototypes,
    parameters: parameterCounts(trunk, { widths: head }, numPrototypes),
    multiplyAdds: fp32.multiplyAdds,
    activationBytes: { fp32: fp32.activationBytes, bf16: bf16.activationBytes },
    blocks: blocksOf(trunk, fp32, bf16),
  };
}

function blocksOf(trunk: TrunkSpec, fp32: TrunkCost, bf16: TrunkCost): ArchResult['blocks'] {
  // parts[0] is the stem
  return trunk.blocks.map(({ name }, index) => {
    const { outputSide, multiplyAdds, activationBytes } = fp32.parts[index + 1]!;
    const bytes = { fp32: activationBytes, bf16: bf16.parts[index + 1]!.activationBytes };
    return { name, outputSide, multiplyAdds, activationBytes: bytes };
  });
}

function describe(result: ArchResult): string {
  const { parameters, stages, blocks, resolution } = result;
  const total = parameters.trunk + parameters.head + parameters.prototypes;
  const rows = stages.map(({ depth, width, groupWidth }, index) => {
    const own = blocks.filter((block) => block.name.startsWith(`s${index + 1}.`));
    const sum = (value: (block: ArchResult['blocks'][number]) => number) =>
      own.reduce((all, block) => all + value(block), 0);
    return [
      `s${index + 1}`,
      `${depth}`,
      `${width}`,
      `${groupWidth}`,
      `${own[0]?.outputSide}`,
      shortCount(sum((block) => block.multiplyAdds)),
      shortBytes(sum((block) => block.activationBytes.bf16)),
    ];
  });
  const exact = (count: number) => count.toLocaleString('en');
  return [
    `${result.name ?? 'RegNet by numbers'} (${result.kind === 'regnety' ? 'RegNetY' : 'RegNetZ'})${result.source ? `: ${result.source}` : ''}`,
    '',
    table([['stage', 'depth', 'width', 'group width', 'side', 'multiply-adds', 'activations (bf16)'], ...rows]),
    '',
    table([
      ['parameters', shortCount(total), exact(total)],
      ['  trunk', shortCount(parameters.trunk), exact(parameters.trunk)],
      [`  head [${result.head.join(', ')}]`, shortCount(parameters.head), exact(parameters.head)],
      [`  prototypes (${result.numPrototypes})`, shortCount(parameters.prototypes), exact(parameters.prototypes)],
    ]),
    '',
    `one image of ${resolution}x${resolution}: ${shortCount(result.multiplyAdds)} multiply-adds; activations ` +
      `${shortBytes(result.activationBytes.fp32)} in fp32, ${shortBytes(result.activationBytes.bf16)} in bf16`,
  ].join('\n');
}

function listAll(output: Output): void {
  const results = architectures.map((architecture) => ({
    ...measure(architecture, architecture.parameters, {}),
    aliases: architecture.aliases,
  }));
  const rows = results.map(({ name, parameters, multiplyAdds, resolution, stages }) => [
    name!,
    shortCount(parameters.trunk),
    shortCount(multiplyAdds),
    `${resolution}`,
    stages.map((stage) => stage.depth).join('-'),
    stages.map((stage) => stage.width).join('-'),
  ]);
  const head = ['name', 'trunk parameters', 'multiply-adds', 'resolution', 'depths', 'widths'];
  output.result({ architectures: results.map(({ blocks: _, ...rest }) => rest) }, table([head, ...rows]));
}
