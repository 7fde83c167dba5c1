import type { Command } from 'commander';
import { type ArchitectureRow, table14, table15, table16 } from '../../../../training/plan/paper-tables.ts';
import { parseCount, parsePositive } from '../../options/arguments.ts';
import { clusterFor, deviceFileOf, type PlanOptions, parseRate } from '../../options/plan-options.ts';
import { Output, shortBytes, shortCount, table } from '../../output.ts';
import { duration, rate } from '../../text/plan-text.ts';

interface TablesOptions extends PlanOptions {
  world: number;
  batchPerRank: number;
}

export function addTablesCommand(plan: Command): void {
  plan
    .command('tables')
    .description(
      "Tables 14, 15 and 16: every architecture's parameters, FLOPs, memory and speed beside the paper's figures",
    )
    .option('--device <name>', 'of every rank', 'a100-40')
    .option('--world <n>', 'ranks', parseCount, 496)
    .option('--batch-per-rank <images>', 'of a step', parseCount, 16)
    .option('--network <rate>', 'of a host in one direction', parseRate)
    .option('--ranks-per-host <n>', 'ranks of one host', parseCount)
    .option('--images <count>', 'of the whole training', parsePositive, 1e9)
    .option('--json', 'print the result as JSON')
    .action((options: TablesOptions) => {
      const { batchPerRank, images, world } = options;
      const setting = { cluster: clusterFor(options, deviceFileOf(options), world), batchPerRank, images };
      const [t14, t15, t16] = [table14(setting), table15(), table16(setting)];
      const text = [
        `Table 14, on ${world} x ${options.device}, ${batchPerRank} images a rank; crops grow with the resolution`,
        architectureTable(t14, 'FLOPs, paper', (row) => shortCount(row.paper)),
        'Table 15',
        table([['hyperparameter', 'paper', 'ours'], ...t15.map(({ name, paper, ours }) => [name, paper, ours])]),
        `Table 16, on ${world} x ${options.device}, ${batchPerRank} images a rank`,
        architectureTable(t16, 'parameters, paper', (row) => shortCount(row.paper)),
        ...[...t14, ...t16].flatMap(({ name, reason }) => (reason === null ? [] : [`${name}: ${reason}`])),
      ];
      new Output(options).result({ table14: t14, table15: t15, table16: t16 }, text.join('\n\n'));
    });
}

function architectureTable(rows: readonly ArchitectureRow[], paper: string, figure: (row: ArchitectureRow) => string) {
  const head = [
    'model',
    paper,
    'as counted there',
    'trunk + head',
    'FLOPs',
    'side',
    'memory',
    'groups',
    'step',
    'images/s',
    'FLOP/s a rank',
  ];
  return table([
    head,
    ...rows.map((row) => {
      const { plan, parameters } = row;
      return [
        ...[row.name, figure(row), shortCount(parameters.asPaperCounts)],
        ...[shortCount(parameters.trunk + parameters.head), shortCount(row.multiplyAdds)],
        `${row.resolution}`,
        ...(plan
          ? [
              ...[shortBytes(plan.memory.totalBytes), `${plan.memory.groups.length}`, duration(plan.step.seconds)],
              ...[rate(plan.step.imagesPerSecond), shortCount(plan.step.flopsPerSecond)],
            ]
          : ['does not fit', '', '', '', '']),
      ];
    }),
  ]);
}
