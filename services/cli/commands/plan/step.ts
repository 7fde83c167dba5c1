import type { Command } from 'commander';
import { checkWritable, writeFileAtomically } from '../../../../checkpoints/atomic-file.ts';
import { type PlannedStep, type PlanRequest, planStep } from '../../../../training/plan/plan.ts';
import { plannedTrace } from '../../../../training/plan/planned-trace.ts';
import { summaryOf } from '../../../../training/plan/summary.ts';
import { memoryPicture } from '../../../plan/memory-picture.ts';
import { savePicture } from '../../../plan/picture.ts';
import { schedulePicture } from '../../../plan/schedule-picture.ts';
import { addPlaceOptions, type PlaceOptions, requestOf } from '../../options/plan-options.ts';
import { Output } from '../../output.ts';
import { describePlan } from '../../text/plan-text.ts';

interface StepOptions extends PlaceOptions {
  memoryPicture?: string;
  schedulePicture?: string;
  trace?: string;
}

export function addStepCommand(plan: Command): void {
  const command = plan
    .command('step', { isDefault: true })
    .description('memory, checkpoints, step time, traffic and days of a training, without running it');
  addPlaceOptions(command)
    .option('--memory-picture <file>', 'draw memory over time, with and without checkpoints (.svg, .png)')
    .option('--schedule-picture <file>', 'draw what is computed and exchanged when (.svg, .png)')
    .option('--trace <file>', 'write the planned step for ui.perfetto.dev')
    .action(async (file: string | undefined, options: StepOptions) => {
      const files = [options.memoryPicture, options.schedulePicture, options.trace];
      for (const each of files) if (each !== undefined) await checkWritable(each);
      const request = requestOf(file, options);
      const planned = planStep(request);
      const summary = summaryOf(request, planned, options.images);
      await writePictures(options, request, planned);
      const written = files.filter((each) => each !== undefined);
      const lines = [describePlan(summary), ...(written.length > 0 ? [`Written: ${written.join(', ')}`] : [])];
      new Output(options).result(summary, lines.join('\n\n'));
    });
}

async function writePictures(options: StepOptions, request: PlanRequest, planned: PlannedStep): Promise<void> {
  const { memoryPicture: memory, schedulePicture: schedule, trace } = options;
  const { program, fitted } = planned;
  const { device, world } = request.cluster;
  const on = `${program.name}, ${request.config.training.batchSize.toLocaleString('en')} images on ${world} x ${device.name}`;
  if (memory !== undefined) {
    const without = withoutCheckpoints(request);
    const panels = [
      { title: 'every map kept, but for normalised ones', planned: without },
      ...(fitted.groups.length > 1 ? [{ title: `${fitted.groups.length} groups of units (eq. 3)`, planned }] : []),
    ];
    await savePicture(memory, memoryPicture(`Memory of one rank: ${on}`, panels));
  }
  if (schedule !== undefined)
    await savePicture(schedule, schedulePicture(`A step of one rank, planned: ${on}`, plannedTrace(planned)));
  if (trace !== undefined)
    await writeFileAtomically(trace, (handle) => handle.writeFile(JSON.stringify(plannedTrace(planned))));
}

/** The same, whether it fits or not. */
function withoutCheckpoints(request: PlanRequest): PlannedStep {
  const { config } = request;
  const training = { ...config.training, recomputeGroups: 'none' as const };
  return planStep({ ...request, config: { ...config, training }, budgetBytes: Number.POSITIVE_INFINITY });
}
