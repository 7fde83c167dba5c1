/** Named configurations: what differs from the defaults of the schema. */
import { closest } from 'fastest-levenshtein';
import { ConfigError } from './errors.ts';
import type { ConfigInput } from './schema.ts';

export interface Preset {
  readonly description: string;
  readonly config: ConfigInput;
}

/** SEER, Sec. 3 and Table 15; the defaults of the schema hold the rest. */
function seer(size: string): [string, Preset] {
  const config: ConfigInput = {
    model: { architecture: `seer-${size}` },
    training: { batchSize: 7936, iterations: 126_000 },
    data: { labels: 'none', heldOutShare: 0 },
  };
  return [`seer-${size}`, { description: `SEER RG-${size}: the paper's training on a billion images`, config }];
}

/** Small trunks for one machine: SEER's objective with SwAV's smaller numbers, and BN in the head. */
function small(size: string): [string, Preset] {
  const config: ConfigInput = {
    model: { architecture: `regnety-${size}`, headBatchNorm: 'hidden', prototypes: 1000 },
    training: { batchSize: 64, epochs: 100 },
    schedule: { warmupIterations: 500 },
  };
  return [size, { description: `RegNetY-${size} for one machine and some hundred thousand images`, config }];
}

export const presets: ReadonlyMap<string, Preset> = new Map<string, Preset>([
  ...['8gf', '16gf', '32gf', '64gf', '128gf', '256gf', '10b'].map(seer),
  small('400mf'),
  small('800mf'),
  [
    'tiny',
    {
      description: 'A 0.2-million-parameter trunk on 32-pixel crops: minutes on two cores',
      config: {
        model: { architecture: 'tiny', headBatchNorm: 'hidden-and-output' },
        loss: { epsilon: 0.05, sinkhornIterations: 3, prototypesFrozenIterations: 60 },
        crops: {
          groups: [
            { count: 2, size: 32, scale: [0.14, 1] },
            { count: 2, size: 24, scale: [0.05, 0.3] },
          ],
          jitter: { brightness: 0.3, contrast: 0.3, saturation: 0.3, hue: 0.1 },
          blur: { probability: 0 },
        },
        optimizer: { larc: false, weightDecay: 1e-4 },
        schedule: { start: 0.2, peak: 0.2, end: 0.0002, perImages: 128, warmupIterations: 0 },
        training: { batchSize: 128, iterations: 4000 },
      },
    },
  ],
  [
    'quickstart',
    {
      description:
        'What `auspex quickstart` trains: a 0.2-million-parameter trunk that learns which edits leave a photo the same',
      config: {
        model: { architecture: 'tiny', head: [256, 64], headBatchNorm: 'hidden-and-output', prototypes: 256 },
        // With so few photos, prototypes that stay where they started serve as well as ones that move, and never collapse.
        loss: { epsilon: 0.03, sinkhornIterations: 3, prototypesFrozenIterations: 1_000_000 },
        crops: {
          groups: [
            { count: 2, size: 40, scale: [0.3, 1] },
            { count: 2, size: 24, scale: [0.12, 0.5] },
          ],
          jitter: { brightness: 0.6, contrast: 0.6, saturation: 0.6, hue: 0.5 },
          grey: 0.25,
          blur: { radius: [0.1, 0.8] },
        },
        optimizer: { larc: false, weightDecay: 1e-4 },
        schedule: { start: 0.03, peak: 0.8, end: 0.001, perImages: 64, warmupIterations: 30 },
        training: { batchSize: 64, iterations: 2000 },
        data: { heldOutShare: 0.25, labels: 'none' },
        quality: { everyIterations: 250 },
        checkpoint: { everyIterations: 500 },
      },
    },
  ],
]);

/** @throws ConfigError UNKNOWN_PRESET that names the nearest. */
export function findPreset(name: string): Preset {
  const preset = presets.get(name);
  if (preset) return preset;
  const names = [...presets.keys()];
  throw new ConfigError(
    'UNKNOWN_PRESET',
    `no preset "${name}"; the nearest is "${closest(name, names)}". Known: ${names.join(', ')}`,
  );
}
