/**
 * Every key of a training's configuration: type, default, unit and source. The listing of `auspex config` and
 * docs/configuration.md are made from this schema.
 *
 * Defaults are those of the SEER paper (arXiv:2202.08360; "VISSL" marks what its reference code does where the paper
 * is silent) unless the source says "ours".
 */
import * as z from 'zod';
import { crops } from './sections/crops.ts';
import { bus, data } from './sections/data.ts';
import { loss, model } from './sections/model.ts';
import { optimizer, schedule } from './sections/optimisation.ts';
import { ranks } from './sections/ranks.ts';
import { checkpoint, evaluations, quality } from './sections/results.ts';
import { key } from './sections/section.ts';
import { training } from './sections/training.ts';

/** Version of the schema; a config of a higher one is refused. */
export const CONFIG_VERSION = 1;

export const configSchema = z.strictObject({
  configVersion: key(z.int().min(1).max(CONFIG_VERSION), CONFIG_VERSION, {
    description: 'Version of this list of keys.',
    source: 'ours',
  }),
  preset: key(z.string().nullable(), null, {
    description: 'Preset whose values hold where this config says nothing.',
    source: 'ours',
  }),
  model,
  loss,
  crops,
  optimizer,
  schedule,
  training,
  data,
  bus,
  checkpoint,
  quality,
  evaluations,
  ranks,
});

/** What a person writes: every key may be left out. */
export type ConfigInput = z.input<typeof configSchema>;
/** What the schema gives: every key present. */
export type ParsedConfig = z.output<typeof configSchema>;
