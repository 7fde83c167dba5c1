/** What the types of single keys cannot say: keys that must fit each other. */
import type * as z from 'zod';
import { DestinationError } from '../../checkpoints/destinations/errors.ts';
import { checkAddress } from '../../checkpoints/destinations/open-destination.ts';
import { EvaluationError } from '../../evals/errors.ts';
import { parseOptions } from '../../evals/protocol-options.ts';
import { findProtocol } from '../../evals/protocols/registry.ts';
import { ModelError } from '../../model/errors.ts';
import { trunkOf } from '../../model/families.ts';
import type { ParsedConfig } from './schema.ts';

type Report = (path: readonly (string | number)[], message: string) => void;

/** For zod's `superRefine`: reports every contradiction. */
export function checkConfig(config: ParsedConfig, context: z.RefinementCtx): void {
  const report: Report = (path, message) => context.addIssue({ code: 'custom', path: [...path], message });
  checkArchitecture(config, report);
  checkPrecision(config, report);
  checkTransport(config, report);
  checkLength(config, report);
  checkCrops(config, report);
  checkCopyTo(config, report);
  checkEvaluations(config, report);
}

function checkArchitecture({ model }: ParsedConfig, report: Report): void {
  try {
    trunkOf(model.architecture);
  } catch (error) {
    if (!(error instanceof ModelError)) throw error;
    report(['model', 'architecture'], error.message);
  }
}

function checkPrecision({ training: { precision, device } }: ParsedConfig, report: Report): void {
  if (precision !== 'fp16' || device !== 'cpu') return;
  report(
    ['training', 'precision'],
    'fp16 needs training.device gpu or tensorflow-cpu; on processors, cpu has bf16, which needs no loss scale',
  );
}

function checkTransport({ ranks: { transport }, training: { device } }: ParsedConfig, report: Report): void {
  if (transport === 'gloo' && device === 'gpu') {
    report(['ranks', 'transport'], 'memory of GPUs goes by NCCL: leave it at auto');
  }
  if (transport === 'nccl' && device === 'cpu') {
    report(['ranks', 'transport'], 'NCCL takes memory of GPUs, and training.device is cpu: leave it at auto');
  }
}

function checkLength({ training, schedule }: ParsedConfig, report: Report): void {
  const { iterations, epochs } = training;
  if ((iterations === null) === (epochs === null)) {
    report(['training', 'epochs'], 'give either iterations or epochs, and leave out the other');
  }
  if (iterations !== null && schedule.warmupIterations > iterations) {
    const { warmupIterations } = schedule;
    report(['schedule', 'warmupIterations'], `a warm-up of ${warmupIterations} does not fit ${iterations} iterations`);
  }
}

function checkCrops({ crops }: ParsedConfig, report: Report): void {
  const { region, groups, aspectRatio, blur } = crops;
  if (groups.reduce((sum, group) => sum + group.count, 0) < 2) {
    report(['crops', 'groups'], 'SwAV needs at least 2 crops of an image');
  }
  for (const [index, { scale }] of groups.entries()) {
    if (scale[0] > scale[1] || scale[1] === 0)
      report(['crops', 'groups', index, 'scale'], 'must be [least, most], above 0');
  }
  if (aspectRatio[0] > aspectRatio[1]) report(['crops', 'aspectRatio'], 'must be [least, most]');
  if (blur.radius[0] > blur.radius[1]) report(['crops', 'blur', 'radius'], 'must be [least, most]');
  if (region.left >= region.right || region.top >= region.bottom) {
    report(['crops', 'region'], 'is empty: left must be less than right, and top less than bottom');
  }
}

function checkCopyTo({ checkpoint }: ParsedConfig, report: Report): void {
  try {
    if (checkpoint.copyTo !== null) checkAddress(checkpoint.copyTo);
  } catch (error) {
    if (!(error instanceof DestinationError)) throw error;
    report(['checkpoint', 'copyTo'], error.message);
  }
}

/** A misspelt protocol or option must not show only after the first thousand steps. */
function checkEvaluations({ evaluations }: ParsedConfig, report: Report): void {
  for (const [index, { name, protocol, set }] of evaluations.entries()) {
    if (evaluations.findIndex((other) => other.name === name) < index) {
      report(['evaluations', index, 'name'], `${name} is the name of another evaluation too`);
    }
    try {
      parseOptions(findProtocol(protocol), set);
    } catch (error) {
      if (!(error instanceof EvaluationError)) throw error;
      report(['evaluations', index, error.code === 'UNKNOWN_PROTOCOL' ? 'protocol' : 'set'], error.message);
    }
  }
}
