/** An evaluation of a training's checkpoint as a job of the server that runs the training (services/jobs/asks.ts). */
import { constants } from 'node:fs';
import { cp } from 'node:fs/promises';
import path from 'node:path';
import { readResults } from '../../evals/report/read-results.ts';
import { RESULT_FILE } from '../../evals/result.ts';
import { BUDGET_SPENT, type EvaluationRequest, type EvaluationRunner } from '../../training/evaluations/evaluations.ts';
import { type Answer, ASK_SERVER, ASK_VARIABLE, type Ask, answer } from '../jobs/asks.ts';
import { runInChild } from './run-in-child.ts';

/** Whether a server runs this training. */
export const hasServer = process.env[ASK_VARIABLE] === ASK_SERVER && process.send !== undefined;

/** As jobs of the server that runs this process, or as processes of this one. */
export const evaluationRunner: EvaluationRunner = (request) => (hasServer ? runByServer(request) : runInChild(request));

const waiting = new Map<number, (answer: Answer) => void>();
let next = 0;

const runByServer: EvaluationRunner = async (request) => {
  const { result, problem } = await ask(request);
  if (result === undefined) throw new Error(problem ?? 'the server has no result of it');
  // All that reports read; what is about the job stays with it.
  const filter = (file: string) => !/^(job\.json|log(\.\d+)?\.jsonl)$/.test(path.basename(file));
  await cp(path.dirname(result), request.out, { recursive: true, mode: constants.COPYFILE_FICLONE, filter });
  const [found] = await readResults([path.join(request.out, RESULT_FILE)]);
  return found!.result.metrics;
};

function ask({ evaluation, step, checkpoint, signal }: EvaluationRequest): Promise<Answer> {
  const number = next++;
  return new Promise((resolve, reject) => {
    const end = (settle: () => void) => {
      waiting.delete(number);
      signal.removeEventListener('abort', onAbort);
      if (waiting.size === 0) {
        process.off('message', onMessage);
        process.channel?.unref();
      }
      settle();
    };
    const onAbort = () => {
      // What merely stops with the training is kept by the server until the training goes on.
      if (signal.reason === BUDGET_SPENT) send({ kind: 'giveUp', number });
      end(() => reject(signal.reason));
    };
    if (waiting.size === 0) {
      process.on('message', onMessage);
      // An answer is worth being awake for.
      process.channel?.ref();
    }
    waiting.set(number, (found) => end(() => resolve(found)));
    signal.addEventListener('abort', onAbort);
    if (signal.aborted) onAbort();
    else send({ kind: 'evaluate', number, name: evaluation.name, step, checkpoint });
  });
}

/** Where it cannot be sent the server is gone, and this process ends with it. */
function send(message: Ask): void {
  process.send?.(message, undefined, undefined, () => undefined);
}

function onMessage(message: unknown): void {
  const { data } = answer.safeParse(message);
  if (data) waiting.get(data.number)?.(data);
}
