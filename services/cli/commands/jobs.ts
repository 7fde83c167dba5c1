import type { Command } from 'commander';
import { JobsError } from '../../jobs/errors.ts';
import { type JobState, nextState, readEvents, readJobStates } from '../../jobs/job-states.ts';
import { addBusOptions, type BusOptions, withBus } from '../options/bus-options.ts';
import { Output, table } from '../output.ts';
import { describeEvent, describeResult } from '../text/event-text.ts';

type JobsOptions = BusOptions & { json?: boolean };

export function addJobsCommand(jobs: Command): void {
  const list = jobs.command('list').description('all jobs, and how far they are').option('--json', 'print JSON');
  addBusOptions(list).action(async (options: JobsOptions) => {
    const states = [...(await withBus(options, readJobStates)).values()];
    new Output(options).result(states, states.length === 0 ? 'No jobs.' : listText(states));
  });
  const show = jobs
    .command('show')
    .description('everything that happened to a job')
    .argument('<id>', "the job's id")
    .option('--json', 'print JSON');
  addBusOptions(show).action(async (id: string, options: JobsOptions) => {
    const events = await withBus(options, (bus) => readEvents(bus, id));
    const state = events.reduce<JobState | undefined>(nextState, undefined);
    if (!state) throw new JobsError('JOB_NOT_FOUND', `There are no events of a job ${id}: see auspex jobs list.`);
    new Output(options).result({ ...state, events }, events.map(describeEvent).join('\n'));
  });
}

function listText(states: readonly JobState[]): string {
  const rows = states.map(({ id, work, state, attempts, step, total, code, result, parent, worse }) => [
    id,
    work ?? '-',
    state,
    String(attempts),
    step === null ? '-' : `${step}/${total}`,
    [result ? describeResult(result) : (code ?? '-'), worse && `worse: ${worse}`].filter(Boolean).join('; '),
    parent ?? '-',
  ]);
  return table([['job', 'kind', 'state', 'attempts', 'done', 'outcome', 'asked for by'], ...rows]);
}
