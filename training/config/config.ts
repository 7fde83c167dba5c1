/**
 * A training's configuration: read, merged, checked and completed.
 *
 *     defaults of the schema < preset < file < --set, --data, --out
 */
import type * as z from 'zod';
import { findArchitecture, UNNAMED_HEAD, UNNAMED_PROTOTYPES } from '../../model/families.ts';
import type { TrunkParameters } from '../../model/regnet.ts';
import type { LearningRateSchedule } from '../../model/schedule.ts';
import { checkConfig } from './checks.ts';
import { assignmentLayer, type ConfigLayer, fileLayer, type Mapping, mergeLayers } from './layers.ts';
import { findPreset } from './presets.ts';
import { configError } from './problems.ts';
import { configSchema, type ParsedConfig } from './schema.ts';

export type { ConfigInput } from './schema.ts';

export type DeepReadonly<T> = T extends readonly unknown[] | object
  ? { readonly [Key in keyof T]: DeepReadonly<T[Key]> }
  : T;

/** A complete configuration: plain JSON that, written to a file, loads as itself. */
export type ResolvedConfig = DeepReadonly<
  Omit<ParsedConfig, 'model' | 'training' | 'data'> & {
    model: Omit<ParsedConfig['model'], 'architecture' | 'head' | 'prototypes'> & {
      /** A known name, or explicit numbers. */
      architecture: string | TrunkParameters;
      /** Widths of the head's layers after the trunk. */
      head: number[];
      prototypes: number;
    };
    training: Omit<ParsedConfig['training'], 'memoryBudget'> & {
      /** Bytes. */
      memoryBudget: number | null;
    };
    data: Omit<ParsedConfig['data'], 'readAheadBytes'> & {
      readAheadBytes: number;
    };
  }
>;

export interface ConfigSources {
  /** YAML or JSON file. */
  file?: string;
  /** Name of a preset; goes before one that the file names. */
  preset?: string;
  /** `key.path=value` with YAML values, later ones override earlier ones. */
  set?: readonly string[];
  /** Values given from code; they override the file. */
  values?: z.input<typeof configSchema>;
  /** Folder of images. */
  data?: string;
  /** Run folder. */
  out?: string;
}

/**
 * Loads a configuration.
 * @throws ConfigError that names the file, the key and, for unknown names, the nearest known one.
 */
export function loadConfig(sources: ConfigSources): ResolvedConfig {
  const layers = layersOf(sources);
  const parsed = configSchema.superRefine(checkConfig).safeParse(mergeLayers(layers));
  if (!parsed.success) throw configError(parsed.error.issues, layers);
  return deepFreeze(resolve(parsed.data));
}

/** The schedule of a run, its rates scaled to the batch. @param iterations - steps of the whole training. */
export function scheduleOf(config: ResolvedConfig, iterations: number): LearningRateSchedule {
  const { start, peak, end, perImages, warmupIterations, cosine } = config.schedule;
  const scale = perImages === null ? 1 : config.training.batchSize / perImages;
  return { start: start * scale, peak: peak * scale, end: end * scale, warmupIterations, iterations, cosine };
}

function layersOf({ file, preset, set = [], values, data, out }: ConfigSources): ConfigLayer[] {
  const given: ConfigLayer[] = [];
  if (file !== undefined) given.push(fileLayer(file));
  if (values !== undefined) given.push({ origin: 'config', values: values as Mapping });
  given.push(...set.map(assignmentLayer));
  if (data !== undefined) given.push({ origin: '--data', values: { data: { path: data } } });
  if (out !== undefined) given.push({ origin: '--out', values: { training: { out } } });
  if (preset !== undefined) given.push({ origin: '--preset', values: { preset } });

  const name = mergeLayers(given)['preset'];
  if (typeof name !== 'string') return given;
  return [{ origin: `preset ${name}`, values: findPreset(name).config as Mapping }, ...given];
}

function resolve(parsed: ParsedConfig): ResolvedConfig {
  const { architecture, head, prototypes } = parsed.model;
  const named = typeof architecture === 'string' ? findArchitecture(architecture) : undefined;
  return {
    ...parsed,
    model: {
      ...parsed.model,
      architecture: named?.name ?? architecture,
      head: head ?? [...(named?.head ?? UNNAMED_HEAD)],
      prototypes: prototypes ?? named?.prototypes ?? UNNAMED_PROTOTYPES,
    },
    training: {
      ...parsed.training,
      memoryBudget: parsed.training.memoryBudget === null ? null : bytesOf(parsed.training.memoryBudget),
    },
    data: { ...parsed.data, readAheadBytes: bytesOf(parsed.data.readAheadBytes) },
  };
}

const UNITS: Record<string, number> = {
  '': 1,
  K: 1e3,
  M: 1e6,
  G: 1e9,
  T: 1e12,
  KI: 2 ** 10,
  MI: 2 ** 20,
  GI: 2 ** 30,
  TI: 2 ** 40,
};

function bytesOf(size: number | string): number {
  if (typeof size !== 'string') return size;
  const [, amount, unit] = /^([\d.]+)\s*([A-Z]*?)B$/.exec(size.toUpperCase())!;
  return Math.floor(Number(amount) * UNITS[unit!]!);
}

function deepFreeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value);
    for (const inner of Object.values(value)) deepFreeze(inner);
  }
  return value;
}
