/** What can be known of the training of a checkpoint that was evaluated: its run folder, where that is still there. */
import { existsSync } from 'node:fs';
import path from 'node:path';
import { messageOf } from '../../errors.ts';
import type { ModelCard, TrainingFacts } from '../../evals/report/model-card.ts';
import type { ReportedCheckpoint } from '../../evals/report/report.ts';
import { digestOfCheckpoint } from '../../training/checkpoints/checkpoint-to-evaluate.ts';
import { runOf } from '../../training/checkpoints/checkpoints-of-run.ts';
import { configOfRun } from '../../training/config/config-of-run.ts';
import type { QualityRecord, StepRecord } from '../../training/run/records.ts';
import { readMetrics, readRun, readSkipped } from '../../training/run/run-folder.ts';

/** Of an untrained twin, the training whose network it has. */
export async function trainingFacts({
  path: checkpoint,
  digest,
  step,
  untrained,
}: ReportedCheckpoint): Promise<ModelCard['training']> {
  const beside = path.dirname(checkpoint);
  // One that was evaluated during the training lay a folder deeper.
  const folder = runOf(beside) ?? runOf(path.dirname(beside));
  if (folder === undefined) return { unknown: `${checkpoint} does not lie in a run folder of this machine` };
  try {
    if (!untrained && existsSync(checkpoint) && (await digestOfCheckpoint(checkpoint)) !== digest) {
      return { unknown: `${checkpoint} is another checkpoint by now than the one that was evaluated` };
    }
    return factsOf(folder, untrained ? 0 : step);
  } catch (error) {
    return { unknown: `${folder} cannot be read (${messageOf(error)})` };
  }
}

function factsOf(folder: string, step: number): TrainingFacts {
  const run = readRun(folder)!;
  const config = configOfRun(folder);
  const records = readMetrics(folder).filter((record) => record.step <= step);
  const losses = records.flatMap((record) => (isStep(record) && record.loss !== null ? [record.loss] : []));
  const quality = records.filter((record): record is QualityRecord => record.kind === 'quality').at(-1);
  const { machine, numImages, endedAt } = run;
  const loss = losses.at(-1);
  return {
    ...{ folder, runId: run.id, status: run.status, startedAt: run.startedAt, resumedFrom: run.resumedFrom },
    ...(endedAt !== undefined && { endedAt }),
    data: config.data.path ?? 'not named',
    ...(numImages !== undefined && { images: numImages }),
    heldOutShare: config.data.heldOutShare,
    skippedImages: readSkipped(folder).length,
    batchSize: config.training.batchSize,
    seed: config.training.seed,
    precision: config.training.precision,
    ...(loss !== undefined && { loss }),
    ...(quality && {
      quality: {
        ...{ step: quality.step, effectiveRank: quality.effectiveRank },
        ...(quality.knnAccuracy !== undefined && { knnAccuracy: quality.knnAccuracy }),
      },
    }),
    versions: run.versions,
    machine: `${machine.cpu}, ${machine.processors} processors, ${Math.round(machine.memoryBytes / 2 ** 30)} GiB, ${machine.system}`,
    config,
  };
}

function isStep(record: { readonly kind: string }): record is StepRecord {
  return record.kind === 'step';
}
