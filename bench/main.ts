/** `npm run bench -- NAME [--json] [options]`: runs one benchmark. Importing this file runs it. */
import { Command } from 'commander';
import { hasBf16 } from '../kernels/executor.ts';
import { UsageError } from '../services/cli/errors.ts';
import { Output, reportError } from '../services/cli/output.ts';
import { describeMachine } from '../training/machine.ts';
import { api } from './api.ts';
import { type Bench, report } from './bench.ts';
import { bus } from './bus.ts';
import { checkpoint } from './checkpoint.ts';
import { crops } from './crops.ts';
import { embed } from './embed.ts';
import { executors } from './executors.ts';
import { extract } from './extract.ts';
import { hashtags } from './hashtags.ts';
import { knn } from './knn.ts';
import { monitor } from './monitor.ts';
import { plan } from './plan.ts';
import { probe } from './probe.ts';
import { ranks } from './ranks.ts';
import { recompute } from './recompute.ts';
import { machineLine, rowsAsTable } from './report.ts';
import { step } from './step.ts';
import { stream } from './stream.ts';
import { tsne } from './tsne.ts';
import { update } from './update.ts';

const benches: readonly Bench[] = [
  step,
  executors,
  embed,
  extract,
  crops,
  checkpoint,
  recompute,
  ranks,
  bus,
  stream,
  monitor,
  api,
  probe,
  knn,
  plan,
  tsne,
  hashtags,
  update,
];

function buildProgram(): Command {
  const program = new Command('bench')
    .description('Races Auspex against others on this machine. Figures in the docs come from here.')
    .usage('NAME [--json] [options]')
    .argument('[name]')
    // Reaches the action below, which names what is known, whatever follows a name that is not.
    .allowUnknownOption()
    .allowExcessArguments()
    .exitOverride()
    .configureOutput({ outputError: () => undefined })
    .action((name?: string) => {
      const known = benches.map((bench) => bench.name).join(', ');
      throw new UsageError(`${name === undefined ? 'name a benchmark' : `no benchmark "${name}"`}; known: ${known}`);
    });
  for (const bench of benches) addBench(program, bench);
  return program;
}

function addBench(program: Command, bench: Bench): void {
  const command = program
    .command(bench.name)
    .description(bench.description)
    .option('--json', 'the rows as one line of JSON, the last of standard output');
  for (const option of bench.options) command.addOption(option);
  command.action(async ({ json, ...options }: { json?: boolean }) => {
    const machine = { ...describeMachine(), nativeBf16: hasBf16() };
    report(machineLine(machine));
    const rows = await bench.run(options);
    const output = new Output({ json });
    const text = rowsAsTable(rows, bench.ratioMeans);
    if (json) output.text(text);
    output.result({ bench: bench.name, rows, machine }, text);
  });
}

try {
  await buildProgram().parseAsync(process.argv);
} catch (error) {
  process.exitCode = reportError(error);
}
