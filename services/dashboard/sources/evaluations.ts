/** The reports of evaluations that have ended: what was measured, of which checkpoint, on which images. */
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import * as z from 'zod';
import { JOB_FILE } from '../../jobs/attempt.ts';
import type { Result } from '../../jobs/events.ts';
import type { JobBoard } from '../../jobs/job-board.ts';
import { newest } from './jobs.ts';

export interface Evaluation {
  readonly id: string;
  /** When it ended, ISO 8601 in UTC. */
  readonly time: string;
  readonly result: Result;
  /** What was asked for; null where the folder of results no longer says. */
  readonly asked: Asked | null;
}

const asked = z.object({
  job: z.object({
    protocol: z.string(),
    checkpoint: z.string(),
    data: z.string(),
    options: z.record(z.string(), z.unknown()).optional(),
    set: z.record(z.string(), z.string()).optional(),
  }),
});
type Asked = z.output<typeof asked>['job'];

const MOST = 100;

/** The newest first. */
export async function evaluations(board: JobBoard, outRoot: string): Promise<Evaluation[]> {
  const ended = board.states().filter(({ work, result }) => work === 'evaluation' && result !== null);
  return Promise.all(
    newest(ended, MOST).map(async ({ id, time, result }) => ({
      id,
      time,
      result: result!,
      asked: await whatWasAsked(path.join(outRoot, id, JOB_FILE)),
    })),
  );
}

async function whatWasAsked(file: string): Promise<Asked | null> {
  try {
    return asked.parse(JSON.parse(await readFile(file, 'utf8'))).job;
  } catch {
    return null; // the result stands in the events, and is shown without it
  }
}
