/** SearchService (protos/auspex/v1/search_service.proto). */
import type { auspex } from '#protos/auspex.js';
import { type Features, features } from '../../../evals/features/features.ts';
import type { Neighbours } from '../../../evals/neighbours/nearest-neighbours.ts';
import type { AuditLog } from '../access/audit-log.ts';
import type { SEARCH_SERVICE } from '../contract.ts';
import { type EmbeddingContext, embedAll } from '../embeddings/embedding-service.ts';
import { type EvaluationContext, featuresOf } from '../evaluations/evaluation-service.ts';
import { invalid } from '../rpc/requests.ts';
import type { Call, Handlers } from '../rpc/serve-methods.ts';
import { withProgress } from '../rpc/with-progress.ts';
import type { BuildProgress } from './build-index.ts';
import { type IndexDescription, type IndexStore, requireIndexName } from './index-store.ts';

export interface SearchContext extends EmbeddingContext, EvaluationContext {
  readonly indexes: IndexStore;
  readonly audit: AuditLog;
}

type ImageProblem = auspex.v1.ImageProblem.$Properties;

const DEFAULT_K = 10;
const LARGEST_K = 1000;
const MOST_QUERIES = 256;
/** Multiply-adds of an exact search, which holds the server up. */
const MOST_EXACT = 5e7;

export function searchService(context: SearchContext): Handlers<typeof SEARCH_SERVICE> {
  const { indexes, roots, audit } = context;
  return {
    async *buildIndex({ index, job, features: file }, { caller, signal }) {
      requireIndexName(index);
      await audit.write({ caller, action: 'BuildIndex', subject: index });
      const source = job ? await featuresOf(context, job, signal) : roots.anyFile('features', file ?? '');
      const building = withProgress<BuildProgress, IndexDescription>(
        (report) => indexes.build(index, source, report, signal),
        signal,
      );
      for await (const step of building) {
        if ('progress' in step) yield step.progress;
        else yield { done: step.result.count, total: step.result.count, index: step.result };
      }
    },

    async search(request, call) {
      const { k, exact } = request;
      if (k > LARGEST_K) invalid('k', `is ${k}; ${LARGEST_K} are possible`);
      const description = await indexes.describe(request.index);
      const { rows, problems } = await queriesOf(context, description, request, call);
      const cost = rows.count * description.count * description.dimension;
      if (exact && cost > MOST_EXACT) {
        invalid(
          'exact',
          `would take ${cost} multiply-adds, and ${MOST_EXACT} are allowed; ask for fewer queries, or not exactly`,
        );
      }
      if (rows.count === 0) return { queries: problems.map((problem) => ({ problem })) };
      const { neighbours, names } = await indexes.search(request.index, rows, k || DEFAULT_K, exact);
      let row = 0;
      return {
        queries: problems.map((problem) =>
          problem ? { problem } : { neighbours: neighboursOf(neighbours, row++, names) },
        ),
      };
    },

    async listIndexes() {
      return { indexes: await indexes.list() };
    },

    async deleteIndex({ index }, { caller }) {
      requireIndexName(index);
      await audit.write({ caller, action: 'DeleteIndex', subject: index });
      await indexes.delete(index);
      return {};
    },
  };
}

/** The rows to look for, and for every query why it has none. */
async function queriesOf(
  context: SearchContext,
  { name, dimension, layer, size }: IndexDescription,
  { queries, images, encoder }: auspex.v1.SearchRequest,
  { signal }: Call,
): Promise<{ rows: Features; problems: (ImageProblem | undefined)[] }> {
  if (queries.length > 0 === images.length > 0) invalid('queries', 'give either rows or images');
  if (queries.length > MOST_QUERIES) invalid('queries', `there are ${queries.length}; ${MOST_QUERIES} are possible`);
  const wrong = queries.findIndex(({ values }) => values?.length !== dimension);
  if (wrong >= 0) {
    const message = `${wrong} has ${queries[wrong]!.values?.length ?? 0} values, and rows of ${name} have ${dimension}`;
    invalid('queries', message);
  }
  if (queries.length > 0) {
    return { rows: features(flat(queries, dimension), dimension), problems: queries.map(() => undefined) };
  }
  if ((encoder?.layer || 'pool') !== layer || (encoder?.size || 224) !== size) {
    invalid('encoder', `the index is of layer ${layer} and views of ${size} pixels; embed queries alike`);
  }
  const { images: embedded, shape } = await embedAll(context, encoder, images, signal);
  if (shape[0] !== dimension) invalid('encoder', `gives ${shape[0]} features, and rows of ${name} have ${dimension}`);
  const found = embedded.flatMap(({ features }) => (features ? [features] : []));
  return {
    rows: features(flat(found, dimension), dimension),
    problems: embedded.map(({ problem }) => problem ?? undefined),
  };
}

function flat(rows: readonly auspex.v1.Features.$Properties[], dimension: number): Float32Array {
  const values = new Float32Array(rows.length * dimension);
  for (const [i, row] of rows.entries()) values.set(row.values ?? [], i * dimension);
  return values;
}

function neighboursOf({ k, indices, similarities }: Neighbours, query: number, names: readonly string[]) {
  return [...indices.subarray(query * k, (query + 1) * k)].flatMap((row, i) =>
    row < 0 ? [] : [{ name: names[row]!, similarity: similarities[query * k + i]!, row }],
  );
}
