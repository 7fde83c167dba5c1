import { readFileSync } from 'node:fs';
import type { Command } from 'commander';
import { checkWritable } from '../../../../checkpoints/atomic-file.ts';
import { messageOf } from '../../../../errors.ts';
import type { Trace } from '../../../../training/profile/trace.ts';
import { savePicture } from '../../../plan/picture.ts';
import { schedulePicture } from '../../../plan/schedule-picture.ts';
import { UsageError } from '../../errors.ts';
import { Output } from '../../output.ts';

export function addDrawCommand(plan: Command): void {
  plan
    .command('draw')
    .description('a step that was measured as a picture, as plans are drawn: what `auspex profile --trace` wrote')
    .argument('<trace>', 'the trace')
    .requiredOption('--out <file>', 'the picture (.svg, .png)')
    .option('--json', 'print the result as JSON')
    .action(async (file: string, options: { out: string; json?: boolean }) => {
      await checkWritable(options.out);
      const trace = readTrace(file);
      const named = trace.traceEvents.find(({ name }) => name === 'process_name');
      const subject = named && 'name' in named.args ? String(named.args['name']) : file;
      await savePicture(options.out, schedulePicture(`A step of one rank, measured: ${subject}`, trace));
      new Output(options).result({ picture: options.out }, `Picture: ${options.out}`);
    });
}

function readTrace(file: string): Trace {
  let trace: Partial<Trace>;
  try {
    trace = JSON.parse(readFileSync(file, 'utf8')) as Partial<Trace>;
  } catch (error) {
    throw new UsageError(`${file} cannot be read as a trace: ${messageOf(error)}`);
  }
  const units = trace.traceEvents?.some((event) => event.ph === 'X' && event.cat === 'unit');
  if (!units) throw new UsageError(`${file} is no trace of a step: \`auspex profile --trace\` writes one`);
  return trace as Trace;
}
