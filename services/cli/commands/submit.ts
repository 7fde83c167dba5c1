import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { Command } from 'commander';
import { parse } from 'yaml';
import { messageOf } from '../../../errors.ts';
import type { MessageBus } from '../../bus/message-bus.ts';
import { RejectionError } from '../../jobs/errors.ts';
import { type Job, subjectOf } from '../../jobs/job.ts';
import { isBadJob, parseJob } from '../../jobs/messages.ts';
import { eventsSoFar, followJob, publishJob, type Submitted } from '../../jobs/submit.ts';
import { TOPICS } from '../../jobs/topics.ts';
import { inTrace } from '../../observability/process-trace.ts';
import { UsageError } from '../errors.ts';
import { addBusOptions, type BusOptions, withBus } from '../options/bus-options.ts';
import { Output } from '../output.ts';
import { describeEvent, describeResult } from '../text/event-text.ts';

interface SubmitCommandOptions extends BusOptions {
  id?: string;
  wait?: boolean;
  json?: boolean;
}

export function addSubmitCommand(command: Command): void {
  command
    .argument('<file>', 'the job as JSON or YAML; - for standard input')
    .option('--id <id>', "the job's id (default: the file's, or a new one)")
    .option('--wait', 'show what happens until the job has ended; the exit code tells how')
    .option('--json', 'print events and result as JSON lines');
  addBusOptions(command).action(async (file: string, options: SubmitCommandOptions) => {
    const output = new Output(options);
    const value = readJob(file);
    const isNamed = options.id !== undefined || (typeof value === 'object' && value !== null && 'id' in value);
    const job = parseJob(value, isNamed ? options.id : randomUUID());
    if (isBadJob(job)) throw new RejectionError(job.code, `${file}: ${job.message}`);
    await withBus(options, async (bus) => {
      // Of a job with a new id there can be no earlier events.
      const from = options.wait && !isNamed ? await eventsSoFar(bus) : undefined;
      const submitted = await publishInTrace(bus, job);
      const text = `Submitted ${submitted.id} (${submitted.source}).`;
      if (!options.wait) return output.result({ ...submitted }, text);
      if (job.kind === 'cancellation') throw new UsageError('--wait is for jobs that have an end of their own.');
      output.event({ event: 'submitted', ...submitted });
      if (!options.json) output.text(text);
      const result = await followJob(bus, job, submitted, from, (event) => {
        const { kind, ...fields } = event;
        if (options.json) output.event({ event: kind, ...fields });
        else output.text(describeEvent(event));
      });
      output.result({ ...submitted, result }, describeResult(result));
    });
  });
}

export function addCancelCommand(command: Command): void {
  command.argument('<id>', "the job's id").option('--json', 'print the result as JSON');
  addBusOptions(command).action(async (id: string, options: BusOptions & { json?: boolean }) => {
    const output = new Output(options);
    const job = parseJob({ kind: 'cancellation', job: id }, undefined);
    if (isBadJob(job)) throw new UsageError(`${id} is no id of a job: ${job.message}`);
    const submitted = await withBus(options, (bus) => publishJob(bus, job));
    output.result(
      submitted,
      `Asked for the end of ${id} (${submitted.source}); ${TOPICS.events} tells when it is there.`,
    );
  });
}

/** The trace of a job begins here, or where TRACEPARENT says. */
function publishInTrace(bus: MessageBus, job: Job): Promise<Submitted> {
  const attributes = { 'auspex.job': subjectOf(job) };
  return inTrace('auspex-submit', 'submit', attributes, ({ span: { traceparent } }) =>
    publishJob(bus, job, traceparent === undefined ? {} : { traceparent }),
  );
}

/** @throws RejectionError NOT_A_JOB */
function readJob(file: string): unknown {
  try {
    // JSON is YAML.
    return parse(readFileSync(file === '-' ? 0 : file, 'utf8'));
  } catch (cause) {
    throw new RejectionError(
      'NOT_A_JOB',
      `${file}: cannot be read as JSON or YAML: ${messageOf(cause).split('\n')[0]}`,
      { cause },
    );
  }
}
