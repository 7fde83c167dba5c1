/**
 * How good the encoder is while it trains, on images that the training never sees: effective rank of the embeddings, and
 * where images have labels (folder names) a kNN probe. Labels are never used to train.
 */
import { type EvaluationViews, loadEvaluationViews } from '../../data/evaluation-views.ts';
import type { ImageSource } from '../../data/source.ts';
import { Encoder, type WeightSource } from '../../evals/features/encoder.ts';
import { features } from '../../evals/features/features.ts';
import { knnClassify, topAccuracy } from '../../evals/neighbours/knn.ts';
import type { ResolvedConfig } from '../config/config.ts';
import type { Division } from '../held-out.ts';
import type { QualityRecord } from '../run/records.ts';
import { describeEncoder } from '../step.ts';
import { numThreads } from '../threads.ts';
import { effectiveRank } from './embedding-statistics.ts';

/** Rows of wide features whose rank is measured: its cost grows with the cube of this. */
const MAXIMUM_RANK_ROWS = 512;

export interface Measurement {
  /** Missing where no held-out image could be measured. */
  readonly scores?: Pick<QualityRecord, 'effectiveRank' | 'knnAccuracy'>;
  /** Images that could not be used. */
  readonly skipped: EvaluationViews['skipped'];
}

export class QualityProbe {
  readonly #config: ResolvedConfig;
  readonly #division: Division;
  #encoder: Encoder | undefined;

  constructor(config: ResolvedConfig, division: Division) {
    this.#config = config;
    this.#division = division;
  }

  /** @param signal ends it between two batches, by a rejection */
  async measure(weights: WeightSource, signal?: AbortSignal): Promise<Measurement> {
    const { heldOut, training } = this.#division;
    const most = this.#config.quality.knn.maximumImages;
    if (heldOut.length === 0) return { skipped: [] };
    const queries = await this.#embed(heldOut, Math.min(heldOut.length, most), weights, signal);
    const { skipped } = queries;
    if (queries.labels.length === 0) return { skipped };
    const rows = Math.min(queries.labels.length, MAXIMUM_RANK_ROWS);
    const rank = effectiveRank(features(queries.values.subarray(0, rows * queries.width), queries.width));
    const labelled = this.#config.data.labels === 'folders' && queries.labels.some((label) => label !== undefined);
    if (!labelled) return { scores: { effectiveRank: rank }, skipped };
    const database = await this.#embed(training, Math.min(training.length, most), weights, signal);
    const scores = { effectiveRank: rank, ...(await this.#knn(queries, database)) };
    return { scores, skipped: [...skipped, ...database.skipped] };
  }

  async #knn(queries: Embedded, database: Embedded): Promise<{ knnAccuracy?: number }> {
    const classes = [...new Set(database.labels)].filter((label) => label !== undefined).sort();
    if (classes.length < 2) return {};
    const numbers = new Map(classes.map((label, index) => [label, index]));
    const labelled = (embedded: Embedded) => {
      const rows = [...embedded.labels.keys()].filter((row) => numbers.has(embedded.labels[row]!));
      const values = Float32Array.from(rows.flatMap((row) => [...embedded.row(row)]));
      return {
        matrix: features(values, embedded.width),
        labels: Int32Array.from(rows, (row) => numbers.get(embedded.labels[row]!)!),
      };
    };
    const [from, to] = [labelled(queries), labelled(database)];
    if (from.labels.length === 0) return {};
    const { k, temperature } = this.#config.quality.knn;
    const options = { k: Math.min(k, to.labels.length), temperature };
    const votes = await knnClassify(from.matrix, to.matrix, to.labels, classes.length, options);
    return { knnAccuracy: topAccuracy(votes, from.labels, 1) };
  }

  async #embed(
    source: ImageSource,
    count: number,
    weights: WeightSource,
    signal: AbortSignal | undefined,
  ): Promise<Embedded> {
    const encoder = this.#prepare(weights);
    const parts: Float32Array[] = [];
    const labels: (string | undefined)[] = [];
    const allSkipped: EvaluationViews['skipped'] = [];
    for (let first = 0; first < count; first += encoder.batchSize) {
      signal?.throwIfAborted();
      const indices = Array.from({ length: Math.min(encoder.batchSize, count - first) }, (_, i) => first + i);
      const { views, skipped } = await loadEvaluationViews(source, indices, {
        size: encoder.viewShape,
        threads: numThreads(this.#config.data.loaderThreads),
        limits: { maximumPixels: this.#config.data.maximumPixels },
      });
      allSkipped.push(...skipped);
      const bad = new Set(skipped.map(({ row }) => row));
      const embedded = await encoder.embed(views);
      for (const [row, index] of indices.entries()) {
        if (bad.has(row)) continue;
        parts.push(embedded.subarray(row * encoder.width, (row + 1) * encoder.width));
        labels.push(source.label?.(index));
      }
    }
    return new Embedded(parts, labels, encoder.width, allSkipped);
  }

  #prepare(weights: WeightSource): Encoder {
    if (this.#encoder) {
      this.#encoder.load(weights);
      return this.#encoder;
    }
    const { training, crops } = this.#config;
    const options = {
      size: crops.groups[0]!.size,
      threads: numThreads(training.threads),
      // Processors have no fp16.
      precision: training.precision === 'fp16' ? 'auto' : training.precision,
    };
    this.#encoder = new Encoder(describeEncoder(this.#config), weights, options);
    return this.#encoder;
  }
}

class Embedded {
  readonly values: Float32Array;
  readonly labels: readonly (string | undefined)[];
  readonly width: number;
  readonly skipped: EvaluationViews['skipped'];

  constructor(
    parts: readonly Float32Array[],
    labels: readonly (string | undefined)[],
    width: number,
    skipped: EvaluationViews['skipped'],
  ) {
    this.values = new Float32Array(parts.length * width);
    for (const [row, part] of parts.entries()) this.values.set(part, row * width);
    this.labels = labels;
    this.width = width;
    this.skipped = skipped;
  }

  row(index: number): Float32Array {
    return this.values.subarray(index * this.width, (index + 1) * this.width);
  }
}
