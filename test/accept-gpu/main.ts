/**
 * `npm run accept:gpu`: what was never run on hardware, run on hardware. Takes some minutes, changes nothing on the machine, and
 * prints a report to send back; `npm run accept:gpu -- FILE` writes it to a file as well. It ends with 1 if a part failed, or if
 * the driver lists GPUs and CUDA sees none; parts for which there are too few GPUs are skipped and say so. docs/nccl.md says more.
 */
import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import { ncclHere } from '../../kernels/communicator.ts';
import { chooseNccl } from '../../kernels/tensorflow/device.ts';
import { type Machine, type Outcome, outcomeOf } from './part.ts';
import { PARTS } from './parts.ts';

function output(command: string, ...args: string[]): string | undefined {
  const { status, stdout } = spawnSync(command, args, { encoding: 'utf8' });
  return status === 0 ? stdout.trim() : undefined;
}

// Before NCCL is loaded; the processes of the parts inherit what it chooses.
chooseNccl();
const here = ncclHere();
const missing = 'missing' in here ? here.missing : undefined;
const machine: Machine = {
  gpus: 'missing' in here ? 0 : here.gpus,
  why: missing ?? 'CUDA sees no other; nvidia-smi says which there are',
  standIn: (process.env['AUSPEX_NCCL'] ?? '').includes('stand-in'),
};

const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as {
  version: string;
};
const lines = [
  `# Auspex ${version} on GPUs`,
  '',
  `- ${new Date().toISOString()}, commit ${output('git', 'rev-parse', '--short', 'HEAD') ?? 'not known'}`,
  `- ${os.cpus()[0]?.model ?? 'processor not known'}, ${os.cpus().length} threads, ${os.release()}, Node ${process.version}`,
  `- NCCL ${'missing' in here ? `not loaded: ${here.missing}` : here.nccl}; GPUs that CUDA sees: ${machine.gpus}`,
  ...(output('nvidia-smi', '--query-gpu=name,memory.total,driver_version', '--format=csv,noheader') ?? 'no nvidia-smi')
    .split('\n')
    .map((line) => `- ${line}`),
  ...(machine.standIn ? ['- **The stand-in is in the place of NCCL and CUDA: this is no word about hardware.**'] : []),
];
const links = output('nvidia-smi', 'topo', '-m');
if (links) lines.push('', '```', links, '```');
console.log(lines.join('\n'));

let failed = false;
for (const part of PARTS) {
  const outcome: Outcome = await outcomeOf(part, machine);
  if (outcome.kind === 'failed') failed = true;
  const text = ['', `## ${part.title}`, ''];
  if (outcome.kind === 'skipped') text.push(`SKIPPED: ${outcome.why}.`);
  else text.push(`${outcome.kind.toUpperCase()}`, '', ...outcome.lines.map((line) => `    ${line}`));
  console.log(text.join('\n'));
  lines.push(...text);
}
if (machine.gpus === 0 && output('nvidia-smi', '-L')?.startsWith('GPU ')) {
  failed = true;
  const unseen = `FAILED: nvidia-smi lists GPUs and CUDA sees none, so nothing was checked on them (${machine.why}).`;
  console.log(`\n${unseen}`);
  lines.push('', unseen);
}
const [file] = process.argv.slice(2);
if (file !== undefined) writeFileSync(file, `${lines.join('\n')}\n`);
process.exitCode = failed ? 1 : 0;
