import { availableParallelism } from 'node:os';
import path from 'node:path';
import { type Command, Option } from 'commander';
import { openImageFolder } from '../../../data/image-folder.ts';
import { averageTags } from '../../../evals/hashtags/average-tags.ts';
import { embeddingsOf, filesOfEmbeddings } from '../../../evals/hashtags/embedding-source.ts';
import { mapTags, requireEnough } from '../../../evals/hashtags/map-tags.ts';
import { FEATURE_LAYERS, type FeatureLayer } from '../../../program/encoder.ts';
import { loadEncoder } from '../../../training/checkpoints/load-encoder.ts';
import { formatCount } from '../../../training/run-page/format.ts';
import type { HashtagSummary } from '../../hashtags/summary.ts';
import { makeHashtagsFolder, PAGE_FILE, writeHashtags } from '../../hashtags/write-hashtags.ts';
import { UsageError } from '../errors.ts';
import { collect, parseCount, parsePositive, parseSeed } from '../options/arguments.ts';
import { Output } from '../output.ts';
import { StageProgress } from '../progress/stage-progress.ts';
import { signalOfUser } from '../stop-signal.ts';
import { packageVersion } from '../version.ts';

interface HashtagsOptions {
  tags: string;
  features?: string[];
  checkpoint?: string;
  images?: string;
  layer: FeatureLayer;
  size: number;
  out: string;
  most: number;
  least: number;
  components: number;
  perplexity: number;
  learningRate: number;
  iterations: number;
  initial: 'columns' | 'random';
  seed: number;
  json?: boolean;
}

/** The exit code of a command that the user has ended. */
const STOPPED = 130;

export function addHashtagsCommand(command: Command): void {
  command
    .requiredOption('--tags <file>', 'JSON lines: {"image": NAME, "hashtags": [...], "country": optional}')
    .option('--features <file>', 'embeddings, as auspex embed writes them; may be given several times', collect)
    .option('--checkpoint <dir>', 'in place of --features, with --images: what embeds them')
    .option('--images <dir>', 'folder of images, searched in depth')
    .addOption(new Option('--layer <layer>', 'with --checkpoint').choices(FEATURE_LAYERS).default('projection'))
    .option('--size <pixels>', 'with --checkpoint: side of the centre view', parseCount, 224)
    .option('--out <dir>', 'for index.html, hashtags.json and hashtags.safetensors', 'hashtags')
    .option('--most <count>', 'hashtags, the most frequent', parseCount, 30_000)
    .option('--least <images>', 'that a hashtag has', parseCount, 1)
    .option('--components <count>', 'principal components that the map is made of', parseCount, 50)
    .option('--perplexity <number>', 'about how many neighbours a hashtag has', parsePositive, 40)
    .option('--learning-rate <number>', 'of the map', parsePositive, 100)
    .option('--iterations <count>', 'at most', parseCount, 5000)
    .addOption(
      new Option('--initial <places>', 'where hashtags begin: by two principal components, or anywhere')
        .choices(['columns', 'random'])
        .default('columns'),
    )
    .option('--seed <number>', 'of random places', parseSeed, 0)
    .option('--json', 'print progress and result as JSON lines')
    .action(async (options: HashtagsOptions) => {
      const output = new Output(options);
      const { tags: list, out, most, least, components, perplexity, learningRate, iterations, initial, seed } = options;
      const map = { components, perplexity, learningRate, iterations, initial, seed };
      const { source, of } = await sourceOf(options);
      await makeHashtagsFolder(out);
      const progress = new StageProgress(output, options.json ?? false);
      const stop = signalOfUser(() => process.stderr.write('Ending: nothing is written.\n'));
      try {
        const averaged = await averageTags(
          source,
          list,
          { most, least, check: (count) => requireEnough(count, perplexity) },
          { signal: stop.signal, onProgress: (...report) => progress.report(...report) },
        );
        const drawn = await mapTags(averaged.means, map, {
          signal: stop.signal,
          onProgress: (done, total) => progress.report('iterations', done, total),
        });
        progress.stop();
        const { tags, matched, lost } = averaged;
        const countries = new Set(tags.flatMap(({ country }) => country ?? []));
        const summary: HashtagSummary = {
          ...{ formatVersion: 1, source: 'Sec. 5.2, Figure 12', options: { most, least, ...map } },
          ...{ list: path.resolve(list), embeddings: of.map((file) => path.resolve(file)) },
          images: {
            used: matched.matched - source.skipped.length,
            withoutEmbedding: matched.withoutEmbedding,
            withoutHashtags: matched.withoutHashtags,
            skipped: source.skipped,
          },
          ...{ lost, countries: countries.size },
          map: {
            iterations: drawn.iterations,
            divergence: drawn.divergence,
            trustworthiness: drawn.trustworthiness,
            explained: drawn.explained,
          },
          ...{ time: new Date().toISOString(), versions: { auspex: packageVersion(), node: process.versions.node } },
          hashtags: tags.map(({ tag, images, country, countryShare }, i) => ({
            ...{ tag, images, x: drawn.points[2 * i]!, y: drawn.points[2 * i + 1]! },
            ...{ country: country ?? null, countryShare: countryShare ?? null },
          })),
        };
        await writeHashtags(out, summary, averaged);
        for (const { name, code, message } of source.skipped) output.text(`skipped ${name}: ${message} (${code})`);
        const { hashtags, ...rest } = summary;
        output.result({ out, ...rest, hashtags: hashtags.length }, describe(summary, path.join(out, PAGE_FILE)));
      } catch (error) {
        if (!stop.signal.aborted) throw error;
        process.exitCode = STOPPED;
      } finally {
        progress.stop();
        stop.release();
      }
    });
}

/** @throws UsageError unless there are either files or a checkpoint and images */
async function sourceOf({ features, checkpoint, images, layer, size }: HashtagsOptions) {
  if (features && checkpoint === undefined && images === undefined)
    return { source: filesOfEmbeddings(features), of: features };
  if (features || checkpoint === undefined || images === undefined) {
    throw new UsageError('give either --features, or --checkpoint and --images');
  }
  const folder = await openImageFolder(images);
  const encoder = await loadEncoder(checkpoint, { layer, size, batchSize: 32 });
  return { source: embeddingsOf(folder, encoder, availableParallelism()), of: [checkpoint, images] };
}

function describe({ hashtags, images, countries, map, lost }: HashtagSummary, page: string): string {
  const left = [
    [images.withoutEmbedding.count, 'images without an embedding'],
    [images.withoutHashtags.count, 'embeddings of images that are not in the list'],
    [images.skipped.length, 'images that could not be used'],
    [lost.length, 'hashtags of such images alone'],
  ] as const;
  const passed = left.filter(([count]) => count > 0).map(([count, what]) => `${formatCount(count)} ${what}`);
  return [
    `${formatCount(hashtags.length)} hashtags of ${formatCount(images.used)} images, ${countries} countries`,
    ...(passed.length > 0 ? [`left out: ${passed.join(', ')}`] : []),
    `most frequent: ${hashtags
      .slice(0, 5)
      .map(({ tag, images: count }) => `#${tag} ${formatCount(count)}`)
      .join(', ')}`,
    `trustworthiness ${map.trustworthiness.toFixed(3)}, divergence ${map.divergence.toFixed(3)} after ${map.iterations} iterations: ${page}`,
  ].join('\n');
}
