/** One evaluation: everything that can be wrong is looked at first, then comes the work, then its result in one file. */
import { createHash } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { checkWritable, writeError, writeFileAtomically } from '../checkpoints/atomic-file.ts';
import type { Dataset, Split, SplitName } from './datasets/dataset.ts';
import { EvaluationError } from './errors.ts';
import { type EvaluatedCheckpoint, requireLayer } from './evaluated-checkpoint.ts';
import type { EncoderOptions } from './features/encoder.ts';
import type { FeatureCache } from './features/feature-cache.ts';
import { checkLabels } from './labels.ts';
import { type OptionValues, parseOptions } from './protocol-options.ts';
import type { Protocol, Workbench } from './protocols/protocol.ts';
import { type EvaluationResult, RESULT_FILE } from './result.ts';
import { Bench, type FoundSplit } from './workbench.ts';

export interface EvaluationRequest {
  readonly protocol: Protocol;
  /** What differs from the defaults. */
  readonly options: OptionValues;
  readonly data: Dataset;
  readonly checkpoint: EvaluatedCheckpoint;
  /** Made where it is missing. */
  readonly out: string;
  readonly cache: FeatureCache;
  /** Of what the result was made by. */
  readonly versions: Readonly<Record<string, string>>;
  /** @default 'auto' */
  readonly precision?: EncoderOptions['precision'];
  readonly signal?: AbortSignal;
  readonly onProgress?: Workbench['progress'];
}

/**
 * @returns the result, which is also `result.json` in the folder, where one of an earlier evaluation is replaced
 * @throws EvaluationError, before any long work begins where it can be known by then; whatever the dataset throws
 */
export async function runEvaluation(request: EvaluationRequest): Promise<EvaluationResult> {
  const {
    protocol,
    data,
    checkpoint,
    out,
    versions,
    precision = 'auto',
    signal = new AbortController().signal,
  } = request;
  const begin = performance.now();
  const options = parseOptions(protocol, request.options);
  const splits = await openSplits(protocol, options, data);
  protocol.check(options, new Map([...splits].map(([asked, { split }]) => [asked, split])), data);
  for (const layer of new Set(protocol.layers(options))) requireLayer(checkpoint, layer);
  await makeFolder(out);

  const bench = new Bench({
    ...request,
    splits,
    precision,
    signal,
    onProgress: request.onProgress ?? (() => undefined),
  });
  const { metrics, groups, files = {} } = await protocol.run(options, bench).finally(() => bench.close());
  const result: EvaluationResult = {
    formatVersion: 1,
    protocol: protocol.name,
    source: protocol.source,
    options: options as OptionValues,
    checkpoint: describeCheckpoint(checkpoint),
    features: bench.used,
    data: describeData(data, splits, bench),
    metrics,
    ...(groups && { groups }),
    files,
    seconds: (performance.now() - begin) / 1000,
    time: new Date().toISOString(),
    versions,
  };
  const text = `${JSON.stringify(result, null, 2)}\n`;
  await writeFileAtomically(path.join(out, RESULT_FILE), (handle) => handle.writeFile(text));
  return result;
}

/** All splits that a protocol needs, by its names for them. @throws EvaluationError SPLIT_MISSING, LABELS_WRONG */
async function openSplits(protocol: Protocol, options: unknown, data: Dataset): Promise<Map<SplitName, FoundSplit>> {
  const splits = [...protocol.splits, ...(protocol.furtherSplits?.(options) ?? [])];
  const names = splits.map((asked) => ({ asked, name: standInFor(asked, splits, data) }));
  const missing = names.find(({ name }) => !data.splits.includes(name));
  if (missing) {
    const found = data.splits.length === 0 ? 'none' : data.splits.join(', ');
    const message = `${protocol.name} needs split ${missing.asked}, which ${data.name} in ${data.folder} does not have (it has ${found}).`;
    throw new EvaluationError('SPLIT_MISSING', message);
  }
  const opened = new Map<SplitName, FoundSplit>();
  for (const { asked, name } of names) {
    const split = await data.split(name);
    if (split.images.length === 0) {
      throw new EvaluationError('SPLIT_MISSING', `Split ${name} of ${data.name} in ${data.folder} has no images.`);
    }
    checkLabels(split, name, data);
    opened.set(asked, { name, split });
  }
  return opened;
}

/** Images that are held out are called `val` here and `test` there; who wants both wants them apart. */
function standInFor(name: SplitName, wanted: readonly SplitName[], { splits }: Dataset): SplitName {
  if (name === 'train' || splits.includes(name)) return name;
  const other = name === 'test' ? 'val' : 'test';
  return wanted.includes(other) ? name : splits.includes(other) ? other : name;
}

async function makeFolder(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true }).catch((cause: unknown) => {
    throw writeError(folder, cause);
  });
  await checkWritable(path.join(folder, RESULT_FILE));
}

function describeCheckpoint(checkpoint: EvaluatedCheckpoint): EvaluationResult['checkpoint'] {
  const { path: folder, step, digest, architecture, parameters, weights } = checkpoint;
  const untrained = typeof weights === 'number';
  return { path: path.resolve(folder), step, digest, architecture, parameters, ...(untrained && { untrained }) };
}

function describeData(
  data: Dataset,
  splits: ReadonlyMap<SplitName, FoundSplit>,
  bench: Bench,
): EvaluationResult['data'] {
  const found = [...splits.values()];
  return {
    name: data.name,
    folder: path.resolve(data.folder),
    classes: data.classes.length,
    images: Object.fromEntries(found.map(({ name, split }) => [name, bench.rows.get(name) ?? split.images.length])),
    skipped: found.flatMap(({ name }) => bench.skipped.get(name) ?? []),
    digest: digestOfData(data, found),
  };
}

function digestOfData({ classes }: Dataset, splits: readonly FoundSplit[]): string {
  const hash = createHash('sha256').update(JSON.stringify(classes));
  for (const { name, split } of splits) digestSplit(hash.update(name), split);
  return hash.digest('hex');
}

function digestSplit(hash: ReturnType<typeof createHash>, split: Split): void {
  const { images, labels, texts, attributes, coordinates } = split;
  for (let image = 0; image < images.length; image++) hash.update(JSON.stringify(images.name(image)));
  hash.update(labels.kind === 'classes' ? labels.classes : labels.present);
  if (texts) hash.update(JSON.stringify(texts));
  if (attributes) hash.update(JSON.stringify(attributes));
  if (coordinates) hash.update(coordinates);
}
