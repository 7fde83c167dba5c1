import type { Command } from 'commander';
import { stringify } from 'yaml';
import { findCheckpoint } from '../../../../checkpoints/find-checkpoint.ts';
import { type InspectedFile, type Inspection, inspectCheckpoint } from '../../../../checkpoints/inspect-checkpoint.ts';
import { Output, shortBytes, table } from '../../output.ts';
import { withProgress } from '../../progress/bytes-progress.ts';

interface InspectCommandOptions {
  statistics?: boolean;
  assembled?: boolean;
  config?: boolean;
  json?: boolean;
}

export function addInspectCommand(checkpoint: Command): void {
  checkpoint
    .command('inspect')
    .description(
      "a checkpoint's files and tensors with shapes and types; on request their values and the configuration",
    )
    .argument('<checkpoint>', "a checkpoint's folder, or a run folder for its latest")
    .option('--statistics', 'also norm, least and largest value, and how many are NaN or infinite: reads everything')
    .option('--assembled', 'tensors as one rank would have them, in place of what lies in the files')
    .option('--config', 'also the configuration that it was trained with')
    .option('--json', 'print the result as JSON; the state, configuration included, is part of it')
    .action(async (folder: string, { json, config, ...options }: InspectCommandOptions) => {
      const output = new Output({ json });
      const entry = await findCheckpoint(folder);
      const inspection = await withProgress(json, (onProgress) => inspectCheckpoint(entry, { ...options, onProgress }));
      output.result(inspection, describe(inspection, config ?? false));
    });
}

function describe({ path, step, layout, worldSize, bytes, files, state }: Inspection, withConfig: boolean): string {
  const ranks = layout === 'sharded' ? ` of ${worldSize} ranks` : '';
  return [
    `${path}: step ${step}, ${layout}${ranks}, ${shortBytes(bytes)}`,
    ...files.flatMap((file) => ['', ...describeFile(file)]),
    ...(withConfig ? ['', stringify((state as { config?: unknown }).config ?? {}).trimEnd()] : []),
  ].join('\n');
}

function describeFile({ name, bytes, metadata, tensors }: InspectedFile): string[] {
  const unit = metadata['unit'] === undefined ? '' : ` (${metadata['unit']})`;
  const withStatistics = tensors.some(({ statistics }) => statistics);
  const head = ['tensor', 'type', 'shape', ...(withStatistics ? ['norm', 'min', 'max', 'NaN', 'infinite'] : [])];
  const rows = tensors.map(({ name: tensor, dtype, shape, statistics: of }) => [
    tensor,
    dtype,
    shape.join(' x ') || '-',
    ...(of ? [figure(of.norm), figure(of.min), figure(of.max), `${of.numNan}`, `${of.numInfinite}`] : []),
  ]);
  return [
    `${name}${unit}: ${shortBytes(bytes)}, ${tensors.length} tensors`,
    ...(rows.length > 0 ? [table([head, ...rows])] : []),
  ];
}

function figure(value: number | null): string {
  return value === null ? '-' : value.toPrecision(4);
}
