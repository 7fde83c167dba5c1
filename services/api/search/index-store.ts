/**
 * Indexes on disk, and those of them that are open:
 *
 *     <state>/indexes/<name>/index.json            what it is of, and when it was built
 *                            features.safetensors  the rows and their names, a copy
 *                            graph.usearch         their graph
 *
 * An index appears whole or not at all: it is built beside its place and then renamed.
 */
import { createHash, randomUUID } from 'node:crypto';
import { constants, createReadStream, existsSync } from 'node:fs';
import { copyFile, mkdir, readdir, readFile, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import { pipeline } from 'node:stream/promises';
import { isDeepStrictEqual } from 'node:util';
import * as z from 'zod';
import { writeError, writeFileAtomically } from '../../../checkpoints/atomic-file.ts';
import { messageOf } from '../../../errors.ts';
import { FeatureFile } from '../../../evals/features/feature-file.ts';
import type { Features } from '../../../evals/features/features.ts';
import { type Neighbours, nearestNeighbours } from '../../../evals/neighbours/nearest-neighbours.ts';
import { VectorIndex } from '../../../evals/neighbours/vector-index.ts';
import { jobId } from '../../jobs/job.ts';
import { ApiError } from '../errors.ts';
import { invalid } from '../rpc/requests.ts';
import { type BuildProgress, buildGraph } from './build-index.ts';

const INDEX_FILE = 'index.json';
const FEATURES_FILE = 'features.safetensors';
const GRAPH_FILE = 'graph.usearch';
const TEMPORARY = '.tmp-';
/** Indexes that are open at once; the one that was opened first makes room. */
const MOST_OPEN = 64;

const descriptionSchema = z.object({
  name: z.string(),
  count: z.number(),
  dimension: z.number(),
  layer: z.string(),
  /** Side of the views in pixels. */
  size: z.number(),
  /** ISO 8601 in UTC. */
  built: z.string(),
  /** Of the graph, in hexadecimal: a graph that is damaged must not be opened, because native code would trust it. */
  graphSha256: z.string(),
});

export type IndexDescription = Readonly<z.output<typeof descriptionSchema>>;

interface Opened {
  readonly description: IndexDescription;
  readonly names: readonly string[];
  readonly graph: VectorIndex;
  readonly file: FeatureFile;
}

export class IndexStore {
  readonly #folder: string;
  readonly #opened = new Map<string, Promise<Opened>>();
  readonly #building = new Set<string>();

  /** @param folder made by the first index */
  constructor(folder: string) {
    this.#folder = folder;
  }

  /** By name. What a build left behind that was cut off is cleared. @throws ApiError INDEX_DAMAGED */
  async list(): Promise<IndexDescription[]> {
    const names = existsSync(this.#folder) ? await readdir(this.#folder) : [];
    return Promise.all(
      names
        .filter((name) => !name.startsWith(TEMPORARY))
        .sort()
        .map((name) => this.#describe(name)),
    );
  }

  /**
   * Builds an index of a file of features, in place of an earlier one of its name.
   * @throws ApiError API_INVALID_REQUEST, INDEX_DAMAGED; CheckpointError
   */
  async build(
    name: string,
    source: string,
    onProgress: (progress: BuildProgress) => void,
    signal: AbortSignal,
  ): Promise<IndexDescription> {
    const place = this.#place(name);
    const { count, shape, width: dimension, layer, size } = FeatureFile.open(source);
    if (shape.length !== 1)
      invalid('features', `are maps of shape [${shape.join(', ')}]; only pooled ones can be searched`);
    if (count === 0) invalid('features', 'has no rows');
    if (this.#building.has(name)) invalid('index', `${name} is being built already`);
    this.#building.add(name);
    const temporary = path.join(this.#folder, `${TEMPORARY}${randomUUID().slice(0, 8)}`);
    try {
      await mkdir(temporary, { recursive: true });
      const copy = path.join(temporary, FEATURES_FILE);
      await copyFile(source, copy, constants.COPYFILE_FICLONE);
      const graph = path.join(temporary, GRAPH_FILE);
      await buildGraph(copy, graph, onProgress, signal);
      const graphSha256 = await sha256Of(graph);
      const description = { name, count, dimension, layer, size, built: new Date().toISOString(), graphSha256 };
      await writeFileAtomically(path.join(temporary, INDEX_FILE), (handle) =>
        handle.writeFile(`${JSON.stringify(description, null, 2)}\n`),
      );
      await this.#remove(name);
      await rename(temporary, place);
      // Who came in between may still have opened the earlier one.
      this.#opened.delete(name);
      return description;
    } catch (error) {
      throw writeError(place, error);
    } finally {
      this.#building.delete(name);
      await rm(temporary, { recursive: true, force: true });
    }
  }

  /** @throws ApiError INDEX_NOT_FOUND */
  async delete(name: string): Promise<void> {
    await this.#describe(name);
    await this.#remove(name);
  }

  /** @throws ApiError INDEX_NOT_FOUND, INDEX_DAMAGED */
  async describe(name: string): Promise<IndexDescription> {
    return (await this.#open(name)).description;
  }

  /**
   * @param k is lowered to the number of rows
   * @throws ApiError INDEX_NOT_FOUND, INDEX_DAMAGED; EvaluationError SHAPES_DIFFER
   */
  async search(
    name: string,
    queries: Features,
    k: number,
    exact: boolean,
  ): Promise<{ readonly neighbours: Neighbours; readonly names: readonly string[] }> {
    for (;;) {
      const opening = this.#open(name);
      const { graph, file, names } = await opening;
      const possible = Math.min(k, names.length);
      if (!exact) return { neighbours: graph.search(queries, possible), names };
      const neighbours = await nearestNeighbours(queries, file, possible);
      // The rows are read as it goes on; another build may have taken the place of theirs.
      if (this.#opened.get(name) === opening) return { neighbours, names };
    }
  }

  #open(name: string): Promise<Opened> {
    const known = this.#opened.get(name);
    if (known) return known;
    const opening = this.#openWhole(name);
    this.#opened.set(name, opening);
    opening.catch(() => this.#opened.get(name) === opening && this.#opened.delete(name));
    const [oldest] = this.#opened.keys();
    if (this.#opened.size > MOST_OPEN) this.#opened.delete(oldest!);
    return opening;
  }

  /** Begins again where another build has taken the place meanwhile: the files have to be of one. */
  async #openWhole(name: string): Promise<Opened> {
    for (;;) {
      const description = await this.#describe(name);
      const opened = await this.#openFiles(description, this.#place(name)).catch((error: unknown) =>
        damaged(this.#place(name), error),
      );
      if (!isDeepStrictEqual(await this.#describe(name), description)) continue;
      if (opened instanceof ApiError) throw opened;
      return opened;
    }
  }

  async #openFiles(description: IndexDescription, place: string): Promise<Opened> {
    const file = FeatureFile.open(path.join(place, FEATURES_FILE));
    const graphFile = path.join(place, GRAPH_FILE);
    if ((await sha256Of(graphFile)) !== description.graphSha256)
      throw new Error(`${GRAPH_FILE} differs from its checksum`);
    const graph = VectorIndex.open(graphFile, description.dimension);
    if (graph.count !== file.count) throw new Error(`the graph has ${graph.count} rows and the features ${file.count}`);
    return { description, names: file.names, graph, file };
  }

  async #describe(name: string): Promise<IndexDescription> {
    const place = this.#place(name);
    let text: string;
    try {
      text = await readFile(path.join(place, INDEX_FILE), 'utf8');
    } catch (cause) {
      throw new ApiError('INDEX_NOT_FOUND', `There is no index ${name}; ListIndexes names them.`, { cause });
    }
    try {
      return descriptionSchema.parse(JSON.parse(text));
    } catch (cause) {
      throw damaged(place, cause);
    }
  }

  /** Moved away first: what is half removed has no name any more. */
  async #remove(name: string): Promise<void> {
    this.#opened.delete(name);
    const removed = path.join(this.#folder, `${TEMPORARY}${randomUUID().slice(0, 8)}`);
    const exists = await rename(this.#place(name), removed).then(
      () => true,
      () => false,
    );
    if (exists) await rm(removed, { recursive: true, force: true });
  }

  #place(name: string): string {
    requireIndexName(name);
    return path.join(this.#folder, name);
  }
}

/** @throws ApiError API_INVALID_REQUEST */
export function requireIndexName(name: string): void {
  if (jobId.safeParse(name).success && !name.startsWith(TEMPORARY)) return;
  invalid('index', 'must be 1 to 100 of A-Z a-z 0-9 . _ - and neither "." nor ".."');
}

async function sha256Of(file: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(file), hash);
  return hash.digest('hex');
}

function damaged(place: string, cause: unknown): ApiError {
  return new ApiError('INDEX_DAMAGED', `${place} cannot be used: ${messageOf(cause)}. Build the index again.`, {
    cause,
  });
}
