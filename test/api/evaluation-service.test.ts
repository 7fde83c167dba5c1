/** Results of evaluations that have succeeded, on the embedded bus: where they are, where they are no longer, and where none can come. */
import assert from 'node:assert/strict';
import path from 'node:path';
import { evaluationService } from '../../services/api/evaluations/evaluation-service.ts';
import type { Call } from '../../services/api/rpc/serve-methods.ts';
import type { MessageBus } from '../../services/bus/message-bus.ts';
import { openBus } from '../../services/bus/open-bus.ts';
import {
  type EvaluationResult,
  type EventDetail,
  encodeEvent,
  encodeResult,
  type Result,
} from '../../services/jobs/events.ts';
import { JobBoard } from '../../services/jobs/job-board.ts';
import { keyOf } from '../../services/jobs/messages.ts';
import { ResultBoard } from '../../services/jobs/result-board.ts';
import { Roots } from '../../services/jobs/roots.ts';
import { createMissingTopics, TOPICS } from '../../services/jobs/topics.ts';
import { temporaryFolder } from '../training/tiny-training.ts';

const TIME = '2026-01-01T00:00:00.000Z';
const MEASURED: Result = { kind: 'features', out: '/gone', shape: [4], images: 2, skipped: 0 };

describe('EvaluationService', () => {
  const temporary = temporaryFolder();
  const call: Call = {
    caller: { name: 'local', role: 'admin', peer: 'here' },
    signal: new AbortController().signal,
    traceparent: undefined,
  };
  let opened = 0;
  let bus: MessageBus;
  let board: JobBoard;
  let results: ResultBoard;

  beforeEach(async () => {
    bus = await openBus('embedded', { folder: path.join(temporary.path, String(opened++)) });
    await createMissingTopics(bus);
  });
  afterEach(async () => {
    await board.close();
    await results.close();
    await bus.close();
  });
  after(() => temporary.remove());

  async function service(): Promise<ReturnType<typeof evaluationService>> {
    board = await JobBoard.open(bus);
    results = await ResultBoard.open(bus, () => undefined);
    return evaluationService({ board, results, roots: new Roots([temporary.path]) });
  }

  async function publishEnd(job: string): Promise<void> {
    const details: EventDetail[] = [
      { kind: 'accepted', work: 'evaluation', digest: 'd1', source: 'evaluation-requests:0:0' },
      { kind: 'succeeded', result: MEASURED },
    ];
    const messages = details.map((detail, i) => ({
      key: keyOf(job),
      value: encodeEvent({ ...detail, job, sequence: i + 1, time: TIME }),
    }));
    await bus.publish(TOPICS.events, messages);
  }

  const publishResult = (job: string, value?: Uint8Array) => {
    const result: EvaluationResult = { job, checkpoint: '/run', data: '/photos', time: TIME, result: MEASURED };
    return bus.publish(TOPICS.results, [{ key: keyOf(job), value: value ?? encodeResult(result) }]);
  };

  it('gives a result that has just come', async () => {
    await publishEnd('new');
    const { getResult } = await service();
    await publishResult('new');
    assert.equal((await getResult({ job: 'new' }, call)).job, 'new');
  });

  it('says that there is no result where it was deleted, or cannot be read', async () => {
    await publishEnd('old');
    await publishEnd('damaged');
    await publishResult('old');
    await bus.deleteBefore(TOPICS.results, { partition: 0, offset: 1 });
    await publishResult('damaged', new Uint8Array([255, 255]));
    const { getResult, readFeatures } = await service();
    for (const job of ['old', 'damaged']) {
      const error = { code: 'RESULT_NOT_FOUND', message: new RegExp(`Job ${job}.*${TOPICS.results}`) };
      await assert.rejects(getResult({ job }, call), error);
      await assert.rejects(readFeatures({ job, firstRow: 0 }, call)[Symbol.asyncIterator]().next(), error);
    }
    await assert.rejects(getResult({ job: 'unknown' }, call), { code: 'JOB_NOT_FOUND' });
  });
});
