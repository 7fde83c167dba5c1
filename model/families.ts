/**
 * Every architecture that has a name.
 *
 * - `seer-*`: Table 16 of the SEER paper with the depths of the released models. The table prints depth 27 for every
 *   size, which holds from 128gf on only, and 160.23 for 106.23 in 16gf; the table to the letter can be had by
 *   giving the numbers. Heads are the table's; prototypes as in Sec. 3.
 * - `regnety-*`: the models of the RegNet paper (Table 9 of arXiv:2003.13678), with timm's names as aliases.
 * - `regnetz-*`: as in ClassyVision 0.7.0, after "Fast and Accurate Model Scaling" (arXiv:2103.06877).
 * - `scaling-*`: the variants of RegNetY-128gf that Table 14 compares.
 * - `tiny`: what a laptop trains in minutes.
 */
import { closest } from 'fastest-levenshtein';
import { ModelError } from './errors.ts';
import { regnetTrunk, type StageSpec, type TrunkKind, type TrunkParameters, type TrunkSpec } from './regnet.ts';

/** A named model: trunk, projection head and prototypes. */
export interface Architecture {
  readonly name: string;
  readonly aliases: readonly string[];
  readonly parameters: TrunkParameters;
  /** Widths of the head's layers after the trunk; the last is the embedding's. */
  readonly head: readonly number[];
  /** Number of prototypes, each as wide as the embedding. */
  readonly prototypes: number;
  /** Side in pixels at which the literature counts the model's multiply-adds. */
  readonly resolution: number;
  /** Where the numbers come from. */
  readonly source: string;
}

type Rule = readonly [w0: number, wa: number, wm: number, depth: number, groupWidth: number];

const SMALL_HEAD = [4096, 4096, 256];
const LARGE_HEAD = [8192, 8192, 256];
const PAPER_PROTOTYPES = 16_000;

/** Head and prototypes of architectures that are given by numbers: those of seer-10b. */
export const UNNAMED_HEAD: readonly number[] = LARGE_HEAD;
export const UNNAMED_PROTOTYPES = PAPER_PROTOTYPES;

/** The other five variants give the table's FLOPs to its three digits; no reading of this row's widths does. */
const UNEXPLAINED_FLOPS =
  " (the row's 1.30E+11 FLOPs fit no reading: 4.97E+11 as block widths, 0.57E+11 as bottlenecks)";

function regnety([w0, wa, wm, depth, groupWidth]: Rule): TrunkParameters {
  return { kind: 'regnety', w0, wa, wm, depth, groupWidth };
}

function seer(size: string, rule: Rule, head: readonly number[]): Architecture {
  return {
    name: `seer-${size}`,
    aliases: [],
    parameters: regnety(rule),
    head,
    prototypes: PAPER_PROTOTYPES,
    resolution: 224,
    source: 'SEER, Table 16, with the depths of the released models',
  };
}

/** The head of SwAV's own ResNet-50 (hidden 2048, embedding 128, 3,000 prototypes) below the sizes that SEER has. */
function published(size: string, timm: string, rule: Rule): Architecture {
  const sizeOfSeer = ['8gf', '16gf', '32gf'].includes(size);
  return {
    name: `regnety-${size}`,
    aliases: [size, timm],
    parameters: regnety(rule),
    head: sizeOfSeer ? SMALL_HEAD : [2048, 2048, 128],
    prototypes: sizeOfSeer ? PAPER_PROTOTYPES : 3000,
    resolution: 224,
    source: 'Radosavovic et al. 2020 (arXiv:2003.13678)',
  };
}

function regnetz(size: string, timm: string, [w0, wa, wm, depth, groupWidth]: Rule): Architecture {
  return {
    name: `regnetz-${size}`,
    aliases: [timm],
    parameters: { kind: 'regnetz', w0, wa, wm, depth, groupWidth },
    head: [2048, 2048, 128],
    prototypes: 3000,
    resolution: 256,
    source: 'Dollar et al. 2021 (arXiv:2103.06877), as in ClassyVision 0.7.0',
  };
}

function scaling(
  number: number,
  name: string,
  resolution: number,
  groupWidth: number,
  depths: readonly number[],
  widths: readonly number[],
  kind: TrunkKind = 'regnety',
  note = '',
): Architecture {
  const stages: StageSpec[] = depths.map((depth, stage) => ({ depth, width: widths[stage]!, groupWidth }));
  return {
    name: `scaling-${name}`,
    aliases: [`scaling-${number}`],
    parameters: { kind, stages },
    head: LARGE_HEAD,
    prototypes: PAPER_PROTOTYPES,
    resolution,
    source: `SEER, Table 14, variant ${number}${note}`,
  };
}

export const architectures: readonly Architecture[] = [
  seer('8gf', [192, 76.82, 2.19, 17, 56], SMALL_HEAD),
  seer('16gf', [200, 106.23, 2.48, 18, 112], SMALL_HEAD),
  seer('32gf', [232, 115.89, 2.53, 20, 232], SMALL_HEAD),
  seer('64gf', [352, 147.48, 2.4, 20, 328], LARGE_HEAD),
  seer('128gf', [456, 160.83, 2.52, 27, 264], LARGE_HEAD),
  seer('256gf', [640, 230.83, 2.53, 27, 373], LARGE_HEAD),
  seer('10b', [1744, 620.83, 2.52, 27, 1010], LARGE_HEAD),

  published('200mf', 'regnety_002', [24, 36.44, 2.49, 13, 8]),
  published('400mf', 'regnety_004', [48, 27.89, 2.09, 16, 8]),
  published('600mf', 'regnety_006', [48, 32.54, 2.32, 15, 16]),
  published('800mf', 'regnety_008', [56, 38.84, 2.4, 14, 16]),
  published('1.6gf', 'regnety_016', [48, 20.71, 2.65, 27, 24]),
  published('3.2gf', 'regnety_032', [80, 42.63, 2.66, 21, 24]),
  published('4gf', 'regnety_040', [96, 31.41, 2.24, 22, 64]),
  published('6.4gf', 'regnety_064', [112, 33.22, 2.27, 25, 72]),
  published('8gf', 'regnety_080', [192, 76.82, 2.19, 17, 56]),
  published('12gf', 'regnety_120', [168, 73.36, 2.37, 19, 112]),
  published('16gf', 'regnety_160', [200, 106.23, 2.48, 18, 112]),
  published('32gf', 'regnety_320', [232, 115.89, 2.53, 20, 232]),

  regnetz('500mf', 'regnetz_005', [16, 10.7, 2.51, 21, 4]),
  regnetz('4gf', 'regnetz_040', [48, 14.5, 2.226, 28, 8]),

  scaling(1, 'narrow-deeper-0.75', 224, 232, [3, 9, 23, 1], [464, 928, 2552, 6496]),
  scaling(2, 'narrow-deeper-0.85', 224, 240, [2, 8, 20, 1], [480, 960, 2640, 6720]),
  scaling(3, 'narrow-high-resolution', 260, 232, [2, 7, 17, 1], [464, 928, 2552, 6496]),
  scaling(4, 'narrow-high-resolution-deeper', 240, 232, [2, 8, 20, 1], [464, 928, 2552, 6496]),
  scaling(5, 'wider-deeper-1.25', 224, 280, [2, 8, 19, 1], [560, 1120, 3080, 7840]),
  scaling(6, 'regnetz-4gf', 284, 128, [3, 8, 22, 3], [384, 768, 2048, 4864], 'regnetz', UNEXPLAINED_FLOPS),

  {
    name: 'tiny',
    aliases: [],
    parameters: regnety([32, 24, 2, 6, 16]),
    head: [512, 128],
    prototypes: 128,
    resolution: 32,
    source: 'ours: 0.2 million parameters, for small images',
  },
];

const byName = new Map(
  architectures.flatMap((architecture) =>
    [architecture.name, ...architecture.aliases].map((name) => [name, architecture]),
  ),
);

/**
 * The architecture of this name or alias, whatever its case.
 * @throws ModelError UNKNOWN_ARCHITECTURE that names the nearest.
 */
export function findArchitecture(name: string): Architecture {
  const found = byName.get(name.toLowerCase());
  if (found) return found;
  const nearest = closest(name.toLowerCase(), [...byName.keys()]);
  const known = architectures.map((architecture) => architecture.name).join(', ');
  throw new ModelError(
    'UNKNOWN_ARCHITECTURE',
    `no architecture "${name}"; the nearest is "${nearest}". Known: ${known}`,
  );
}

/** The trunk of a name, or of explicit parameters. */
export function trunkOf(architecture: string | TrunkParameters): TrunkSpec {
  return regnetTrunk(typeof architecture === 'string' ? findArchitecture(architecture).parameters : architecture);
}
