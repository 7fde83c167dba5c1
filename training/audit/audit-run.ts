/**
 * Proves from a run folder that every image was trained on exactly once per epoch, whatever happened to the run.
 *
 *   config, number of images ──▶ the order ──▶ images and digests of each step ──▶ equal to what was recorded?
 *   metrics.jsonl ──▶ positions of each step, contiguous? ──▶ one bit per image of the epoch: each once?
 *   skipped.jsonl, the newest checkpoint ──▶ do they say the same?
 *
 * Images themselves are not needed. Records are read one after another, so memory is that of one epoch's bits.
 */
import path from 'node:path';
import { z } from 'zod';
import { CheckpointError } from '../../checkpoints/errors.ts';
import { openReader } from '../../checkpoints/open-checkpoint.ts';
import { CheckpointStore } from '../../checkpoints/store.ts';
import { drawnOf, type SampleOrder, shuffledOrder } from '../../data/order.ts';
import { orderOfSpans, trainingSpans } from '../../data/topics/topic-source.ts';
import type { ResolvedConfig } from '../config/config.ts';
import { configOfRun } from '../config/config-of-run.ts';
import { numHeldOutOf } from '../held-out.ts';
import { streamJsonLines } from '../run/json-lines.ts';
import type { RunStatus } from '../run/records.ts';
import { readRun } from '../run/run-folder.ts';
import { TrainingError } from '../training-errors.ts';
import { StepAudit } from './audit-steps.ts';
import { type Finding, Findings, type Unproven } from './findings.ts';
import type { EpochCoverage } from './image-coverage.ts';

export interface Audit {
  readonly out: string;
  readonly status: RunStatus;
  /** `wrong` where anything was found, `unproven` where something cannot be told, else `proven`. */
  readonly verdict: 'proven' | 'unproven' | 'wrong';
  /** The last step that is recorded, and where it ended in the order. */
  readonly step: number;
  readonly position: number;
  /** Images to train on; null where that is not known. */
  readonly images: number | null;
  readonly epochs: readonly EpochCoverage[];
  /** All that was found is counted, the first 100 are listed. */
  readonly numFindings: number;
  readonly findings: readonly Finding[];
  readonly unproven: readonly Unproven[];
  /** Step of the newest checkpoint, null where there is none: a resume makes later steps again. */
  readonly checkpoint: number | null;
}

/**
 * Audits a run. Writes nothing and needs no lock: also a run that is under way can be audited.
 * @throws TrainingError NO_RUN, RunError, ConfigError
 */
export async function auditRun(out: string): Promise<Audit> {
  const run = readRun(out);
  if (!run) throw new TrainingError('NO_RUN', `${out} holds no run: there is no run.json. Give the folder of a run.`);
  const config = configOfRun(out);
  const findings = new Findings();
  // The checkpoint before the records: those of a run that is under way are then never older than it.
  const checkpoint = await readCheckpoint(out, findings);
  const facts = checkpoint.kind === 'read' ? checkpoint : undefined;
  const total = run.numImages ?? facts?.numImages ?? undefined;
  const order = orderOf(config, total);
  const steps = new StepAudit({ order, batchSize: config.training.batchSize }, findings);

  let positionAtCheckpoint: number | undefined;
  let line = 0;
  for await (const record of streamJsonLines<unknown>(path.join(out, 'metrics.jsonl'))) {
    line++;
    const parsed = recordSchema.safeParse(record);
    if (!parsed.success) {
      findings.add('RECORD_BROKEN', null, `line ${line} of metrics.jsonl: ${z.prettifyError(parsed.error)}`);
    } else if (parsed.data.kind === 'step') {
      steps.add(parsed.data);
      if (parsed.data.step === facts?.step) positionAtCheckpoint = steps.position;
    }
  }
  const { epochs, unproven } = steps.finish();
  const older = unproven.length > 0;
  if (order !== undefined) await compareSkips(out, steps, older, findings);
  compareCheckpoint({ checkpoint, positionAtCheckpoint, total, steps, finished: run.status === 'finished' }, findings);
  return {
    out,
    status: run.status,
    verdict: findings.count > 0 ? 'wrong' : older ? 'unproven' : 'proven',
    step: steps.step,
    position: steps.position,
    images: order ? finiteOf(steps.numImages) : null,
    epochs,
    numFindings: findings.count,
    findings: findings.first,
    unproven,
    checkpoint: facts?.step ?? null,
  };
}

/** The order in which the images of a run have their turns, by its config; a topic's offsets are there, too. */
function orderOf({ data, training }: ResolvedConfig, total: number | undefined): SampleOrder | undefined {
  const { batchSize, seed } = training;
  if (data.offsets) {
    const spans = trainingSpans(data.offsets, data.heldOutShare);
    return orderOfSpans(spans, { batchSize, seed, window: data.shuffleWindow });
  }
  return total === undefined ? undefined : shuffledOrder(total - numHeldOutOf(total, data.heldOutShare), seed);
}

function finiteOf(count: number): number | null {
  return Number.isFinite(count) ? count : null;
}

const position = z.int().min(0);
const recordSchema = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('quality') }),
  z
    .object({
      kind: z.literal('step'),
      step: z.int().min(1),
      epoch: z.number(),
      loss: z.number().nullable(),
      position: z.tuple([position, position]).optional(),
      skipped: z.array(position).optional(),
      digests: z.array(z.string()).min(1).optional(),
    })
    .refine(({ position, digests }) => (position === undefined) === (digests === undefined), {
      error: 'a step has both position and digests, or none of them',
    })
    .transform(({ position, skipped, digests, ...rest }) => ({
      ...rest,
      ...(position && { position }),
      ...(skipped && { skipped }),
      ...(digests && { digests }),
    })),
]);

type CheckpointFacts =
  | { readonly kind: 'none' }
  | { readonly kind: 'unreadable' }
  | { readonly kind: 'read'; readonly step: number; readonly position: number; readonly numImages: number | null };

const stateSchema = z.object({
  position: z.union([z.int().transform((drawn) => [drawn]), z.array(z.int())]).transform(drawnOf),
  numImages: z.int().nullable(),
});

/** The newest checkpoint's place in the data; its tensors are not read. */
async function readCheckpoint(out: string, findings: Findings): Promise<CheckpointFacts> {
  const store = new CheckpointStore(path.join(out, 'checkpoints'));
  try {
    if (await store.isEmpty()) return { kind: 'none' };
    const { step, path: folder, state } = await openReader(await store.latest());
    const facts = stateSchema.safeParse(state);
    if (facts.success) return { kind: 'read', step, ...facts.data };
    findings.add('CHECKPOINT_UNREADABLE', step, `${folder}: state.json says neither position nor number of images`);
  } catch (error) {
    if (!(error instanceof CheckpointError)) throw error;
    findings.add('CHECKPOINT_UNREADABLE', null, error.message);
  }
  return { kind: 'unreadable' };
}

const skipSchema = z.object({ step: z.int(), image: z.string(), position: position.optional() });

/** skipped.jsonl has each image once with the position of its first turn; others of it are in metrics.jsonl alone. */
async function compareSkips(out: string, { firstSkips, step }: StepAudit, older: boolean, findings: Findings) {
  const unlisted = new Map(firstSkips);
  for await (const entry of streamJsonLines<unknown>(path.join(out, 'skipped.jsonl'))) {
    const parsed = skipSchema.safeParse(entry);
    if (!parsed.success) {
      findings.add('RECORD_BROKEN', null, `skipped.jsonl: ${z.prettifyError(parsed.error)}`);
      continue;
    }
    const { position: at, image, step: ofStep } = parsed.data;
    // Files that no step drew, and a step that was cut off before it was recorded.
    if (at === undefined || ofStep > step) continue;
    if (unlisted.get(at) === ofStep) unlisted.delete(at);
    else
      findings.add(
        'SKIP_UNKNOWN',
        ofStep,
        `${image} is listed as skipped at position ${at}, and step ${ofStep} is not`,
      );
  }
  // Older versions did not list an image again that was first skipped while positions were not recorded yet.
  if (older) return;
  for (const [at, ofStep] of unlisted) {
    findings.add('SKIP_UNLISTED', ofStep, `step ${ofStep} skipped position ${at}, which skipped.jsonl does not list`);
  }
}

function compareCheckpoint(
  {
    checkpoint,
    positionAtCheckpoint,
    total,
    steps,
    finished,
  }: {
    readonly checkpoint: CheckpointFacts;
    readonly positionAtCheckpoint: number | undefined;
    readonly total: number | undefined;
    readonly steps: StepAudit;
    readonly finished: boolean;
  },
  findings: Findings,
): void {
  if (checkpoint.kind === 'unreadable') return;
  const newest = checkpoint.kind === 'none' ? 0 : checkpoint.step;
  const disagrees = (message: string) => findings.add('CHECKPOINT_DISAGREES', newest, message);
  if (finished && steps.step > newest) {
    disagrees(`the run is finished, and its last step, ${steps.step}, is in no checkpoint`);
  }
  if (checkpoint.kind === 'none') return;
  const { step, position: at, numImages } = checkpoint;
  if (positionAtCheckpoint === undefined) disagrees(`the newest checkpoint is of step ${step}, which is not recorded`);
  else if (steps.knowsOrder && positionAtCheckpoint !== at) {
    disagrees(`the checkpoint of step ${step} is at position ${at}, its record at ${positionAtCheckpoint}`);
  }
  if (numImages !== (total ?? null)) {
    disagrees(`the checkpoint of step ${step} knows ${numImages} images, run.json ${total}: other batches were made`);
  }
}
