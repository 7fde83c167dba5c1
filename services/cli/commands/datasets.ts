import type { Command } from 'commander';
import { catalogue } from '../../../evals/datasets/catalogue.ts';
import type { CatalogueEntry } from '../../../evals/datasets/catalogue-entry.ts';
import { catalogueMarkdown } from '../../../evals/datasets/catalogue-markdown.ts';
import { DatasetError } from '../../../evals/datasets/errors.ts';
import { prepareDataset } from '../../../evals/datasets/prepare-dataset.ts';
import type { DatasetRecord } from '../../../evals/datasets/record.ts';
import { type DatasetVerification, verifyDataset } from '../../../evals/datasets/verify-dataset.ts';
import { formatCount } from '../../../training/run-page/format.ts';
import { Output, table } from '../output.ts';
import { createCountProgress } from '../progress/count-progress.ts';
import { addCopiesCommand } from './dataset-copies.ts';

interface PrepareOptions {
  from?: string;
  out: string;
  partial?: boolean;
  json?: boolean;
}

export function addDatasetsCommand(datasets: Command): void {
  datasets
    .command('list')
    .description('the catalogue: what each dataset asks, how many images it has, and under which terms')
    .option('--json', 'print the catalogue as JSON, with the files that each needs')
    .option('--markdown', 'print the table of the documentation')
    .action((options: { json?: boolean; markdown?: boolean }) => {
      const text = options.markdown ? catalogueMarkdown(catalogue) : listed(catalogue);
      new Output(options).result({ datasets: catalogue.map(described) }, text);
    });
  datasets
    .command('prepare')
    .description('look through an unpacked download and write down what it is; middle frames of videos are taken out')
    .argument('<name>', 'of the catalogue')
    .option('--from <dir>', 'the unpacked download, which stays where it is; dSprites is rendered without one')
    .requiredOption('--out <dir>', 'for dataset.json, and frames of videos')
    .option('--partial', 'accept other counts than were published')
    .option('--json', 'print progress and result as JSON lines')
    .action(async (name: string, options: PrepareOptions) => {
      const output = new Output(options);
      const record = await withProgress('prepared', output, options.json, (onProgress) =>
        prepareDataset({ ...options, name, onProgress }),
      );
      output.result({ folder: options.out, ...record }, prepared(record, options.out));
    });
  datasets
    .command('verify')
    .description('compare a prepared dataset with the catalogue and with what was prepared; problems give exit code 1')
    .argument('<folder>', 'a prepared dataset')
    .option('--json', 'print progress and result as JSON lines')
    .action(async (folder: string, options: { json?: boolean }) => {
      const output = new Output(options);
      const verification = await withProgress('verified', output, options.json, (onProgress) =>
        verifyDataset(folder, onProgress),
      );
      output.result({ folder, ...verification }, verified(folder, verification));
      const [first, ...others] = verification.problems;
      if (first === undefined) return;
      const more = others.length > 0 ? `; ${others.length} more` : '';
      throw new DatasetError(
        'DATASET_PROBLEMS',
        `${folder}: ${first}${more}. Copy the download again, or prepare it again.`,
      );
    });
  addCopiesCommand(datasets);
}

/** A bar on a terminal, events where a program reads; a new one for each total. */
async function withProgress<Result>(
  event: string,
  output: Output,
  json: boolean | undefined,
  work: (onProgress: (done: number, total: number) => void) => Promise<Result>,
): Promise<Result> {
  let bar: { readonly total: number; readonly shown: ReturnType<typeof createCountProgress> } | undefined;
  let percent = -1;
  try {
    return await work((done, total) => {
      if (bar?.total !== total) {
        bar?.shown.stop();
        bar = { total, shown: createCountProgress('items', total, json ?? false) };
        percent = -1;
      }
      bar.shown.update(done);
      const now = Math.floor((100 * done) / total);
      if (now > percent) output.event({ event, done, total });
      percent = Math.max(percent, now);
    });
  } finally {
    bar?.shown.stop();
  }
}

function described({ read: _read, make, ...entry }: CatalogueEntry) {
  return { ...entry, prepares: make !== undefined };
}

function listed(entries: readonly CatalogueEntry[]): string {
  const count = (images: number | undefined) => (images === undefined ? '-' : formatCount(images));
  const rows = entries.map(({ name, splits, classes, score }) => [
    name,
    count(splits.train?.images),
    count(splits.test?.images),
    String(classes),
    score,
  ]);
  const [head, ...lines] = table([['name', 'train', 'test', 'classes', 'score'], ...rows]).split('\n');
  const wide = Math.max(...[head!, ...lines].map(({ length }) => length));
  // Terms are too long to stand flush right.
  const withTerms = lines.map((line, index) => `${line.padEnd(wide)}  ${entries[index]!.terms.name}`);
  return [`${head!.padEnd(wide)}  terms of use`, ...withTerms].join('\n');
}

function prepared({ name, splits, classes, partial, unusable, terms }: DatasetRecord, out: string): string {
  const counts = Object.entries(splits).map(([split, one]) => `${split} ${formatCount(one!.images)}`);
  return [
    ...unusable.slice(0, 10).map((one) => `cannot be used: ${one.name}: ${one.message}`),
    ...(unusable.length > 10 ? [`... ${formatCount(unusable.length)} cannot be used in all: ${out}/dataset.json`] : []),
    `${name}: ${counts.join(', ')} images of ${classes} classes${partial ? ', as a part of the dataset' : ''}`,
    `Terms of use: ${terms.name} (${terms.where})`,
  ].join('\n');
}

function verified(folder: string, { name, splits, problems }: DatasetVerification): string {
  const counts = Object.entries(splits).map(([split, { images, published }]) =>
    published === undefined || published === images
      ? `${split} ${formatCount(images)}`
      : `${split} ${formatCount(images)} of ${formatCount(published)}`,
  );
  return [
    `${folder}: ${name}, ${counts.join(', ')} images: ${problems.length === 0 ? 'good' : `${problems.length} problems`}`,
    ...problems.map((problem) => `  ${problem}`),
  ].join('\n');
}
