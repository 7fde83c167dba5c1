/** EvaluationService (protos/auspex/v1/evaluation_service.proto). */
import { FeatureFile } from '../../../evals/features/feature-file.ts';
import { defaultsOf } from '../../../evals/protocol-options.ts';
import type { Protocol } from '../../../evals/protocols/protocol.ts';
import { PROTOCOLS } from '../../../evals/protocols/registry.ts';
import { JobsError } from '../../jobs/errors.ts';
import { type EvaluationResult, propertiesOfEvaluation } from '../../jobs/events.ts';
import { evaluationOptions } from '../../jobs/job.ts';
import type { JobBoard } from '../../jobs/job-board.ts';
import type { ResultBoard } from '../../jobs/result-board.ts';
import type { Roots } from '../../jobs/roots.ts';
import { TOPICS } from '../../jobs/topics.ts';
import type { EVALUATION_SERVICE } from '../contract.ts';
import { invalid, pageOf } from '../rpc/requests.ts';
import type { Handlers } from '../rpc/serve-methods.ts';

export interface EvaluationContext {
  readonly board: JobBoard;
  readonly results: ResultBoard;
  readonly roots: Roots;
}

const FOLDER_PROTOCOLS = [
  { name: 'features', description: 'Features of every image of a folder, as a safetensors file.' },
  { name: 'knn', description: 'Accuracy of a weighted nearest-neighbour classifier; subfolders are the classes.' },
];

/** Bytes of the values of one message of features. */
const ROWS_BYTES = 2 ** 20;

export function evaluationService(context: EvaluationContext): Handlers<typeof EVALUATION_SERVICE> {
  return {
    async listProtocols() {
      const defaults = evaluationOptions.parse({});
      const ofFolders = FOLDER_PROTOCOLS.map((protocol) => ({ ...protocol, defaults }));
      // `knn` is both.
      const both = ofFolders.map((protocol) => {
        const benchmark = PROTOCOLS.find(({ name }) => name === protocol.name);
        return benchmark ? { ...describeBenchmark(benchmark), ...protocol } : protocol;
      });
      const others = PROTOCOLS.filter(({ name }) => FOLDER_PROTOCOLS.every((protocol) => protocol.name !== name));
      return { protocols: [...both, ...others.map(describeBenchmark)] };
    },

    async listResults({ checkpoint, data, pageSize, pageToken }) {
      const wanted = context.results
        .all()
        .filter((result) => checkpoint === '' || result.checkpoint === checkpoint)
        .filter((result) => data === '' || result.data === data);
      const page = pageOf(wanted, ({ time, job }) => `${time} ${job}`, { pageSize, pageToken });
      return { results: page.items.map(propertiesOfEvaluation), nextPageToken: page.nextPageToken };
    },

    async getResult({ job }, { signal }) {
      return propertiesOfEvaluation(await resultOf(context, job, signal));
    },

    async *readFeatures({ job, firstRow }, { signal }) {
      const file = FeatureFile.open(await featuresOf(context, job, signal));
      if (firstRow > file.count) invalid('first_row', `is ${firstRow}, and there are ${file.count} rows`);
      const atOnce = Math.max(1, Math.floor(ROWS_BYTES / (4 * file.width)));
      for (let first = firstRow; first < file.count; first += atOnce) {
        signal.throwIfAborted();
        const names = file.names.slice(first, first + atOnce);
        const values = await file.rows(first, names.length);
        yield { firstRow: first, names, values: values as unknown as number[], shape: [...file.shape] };
      }
    },
  };
}

function describeBenchmark(protocol: Protocol) {
  const { name, description, source } = protocol;
  const options = Object.entries(defaultsOf(protocol)).map(([key, value]) => [key, JSON.stringify(value)]);
  return { name, description, source, options: Object.fromEntries(options) as Record<string, string> };
}

/** @throws JobsError JOB_NOT_FOUND, RESULT_NOT_FOUND; BusError */
async function resultOf(
  { board, results }: EvaluationContext,
  job: string,
  signal: AbortSignal,
): Promise<EvaluationResult> {
  const known = results.get(job);
  if (known) return known;
  const state = board.get(job);
  if (state?.work !== 'evaluation' || state.state !== 'succeeded') {
    throw new JobsError('JOB_NOT_FOUND', `There is no result of a job ${job}; JobService.GetJob says how far it is.`);
  }
  // It lies in its topic before the job's end is told.
  const result = await results.find(job, signal);
  if (result) return result;
  const message = `Job ${job} has succeeded, and topic ${TOPICS.results} has no result of it any more, or none that can be read here. JobService.GetJob says what it measured; hand it in again under another id for a new result.`;
  throw new JobsError('RESULT_NOT_FOUND', message);
}

/** The file of features that a job has written. @throws JobsError, BusError, RejectionError, ApiError API_INVALID_REQUEST */
export async function featuresOf(context: EvaluationContext, job: string, signal: AbortSignal): Promise<string> {
  const { result } = await resultOf(context, job, signal);
  if (result.kind !== 'features') invalid('job', `${job} has measured ${result.kind}, and has no features`);
  return context.roots.anyFile('job', result.out);
}
