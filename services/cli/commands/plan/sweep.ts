import { type Command, InvalidArgumentError } from 'commander';
import { checkWritable } from '../../../../checkpoints/atomic-file.ts';
import { loadConfig } from '../../../../training/config/config.ts';
import { SHARDINGS, type Sharding } from '../../../../training/plan/cluster.ts';
import { placesOf, type SweepAxes, type SweepPoint, sweep } from '../../../../training/plan/sweep.ts';
import { savePicture } from '../../../plan/picture.ts';
import { sweepPicture } from '../../../plan/sweep-picture.ts';
import { UsageError } from '../../errors.ts';
import { parseCount, parseCounts } from '../../options/arguments.ts';
import { addPlanOptions, budgetOf, clusterFor, deviceFileOf, type PlanOptions } from '../../options/plan-options.ts';
import { Output, shortBytes, table } from '../../output.ts';
import { createCountProgress } from '../../progress/count-progress.ts';
import { duration, rate } from '../../text/plan-text.ts';

interface SweepOptions extends PlanOptions {
  world: number[];
  batchPerRank: number[];
  precision: SweepAxes['precisions'];
  checkpoints: SweepAxes['checkpoints'];
  sharding: Sharding[];
  picture?: string;
  most: number;
}

export function addSweepCommand(plan: Command): void {
  const command = plan
    .command('sweep')
    .description('many plans, and those that no other beats in days without costing more device-hours');
  addPlanOptions(command)
    .option('--world <list>', 'ranks, with commas', parseCounts, [64, 128, 256, 496, 512, 1024])
    .option('--batch-per-rank <list>', 'images of a rank and step, with commas', parseCounts, [8, 16, 32])
    .option('--precision <list>', 'fp32, bf16', listOf(['fp32', 'bf16'] as const), ['bf16'])
    .option('--checkpoints <list>', 'none, auto, or numbers of groups', parsePolicies, ['auto'])
    .option('--sharding <list>', `${SHARDINGS.join(', ')}`, listOf(SHARDINGS), [...SHARDINGS])
    .option('--picture <file>', 'draw all plans and the front (.svg, .png)')
    .option('--most <plans>', 'refuse to make more plans than so many', parseCount, 5000)
    .action(async (file: string | undefined, options: SweepOptions) => {
      const { world: worlds, batchPerRank: batchesPerRank, precision: precisions, checkpoints, sharding } = options;
      const axes: SweepAxes = { worlds, batchesPerRank, precisions, checkpoints, shardings: sharding };
      const count = placesOf(axes).length;
      if (count > options.most) throw new UsageError(`these lists make ${count} plans; --most allows ${options.most}`);
      if (options.picture !== undefined) await checkWritable(options.picture);
      const device = deviceFileOf(options);
      const { preset, set } = options;
      const config = loadConfig({ file, preset, set });
      const bar = createCountProgress('plans', count, options.json ?? false);
      const points = await sweep(
        {
          ...{ axes, images: options.images },
          clusterOf: (world) => clusterFor(options, device, world),
          configOf: (batchSize) => ({ ...config, training: { ...config.training, batchSize } }),
          budgetOf: (of, cluster) => budgetOf(options, of, cluster),
        },
        (done) => bar.update(done),
      ).finally(() => bar.stop());
      const name = typeof config.model.architecture === 'string' ? config.model.architecture : 'custom';
      const possible = points.filter((point) => point.plan !== null);
      if (options.picture !== undefined && possible.length > 0)
        await savePicture(options.picture, sweepPicture(`${name} on ${device.name}: plans of a training`, points));
      const text = describe(points, possible.length > 0 ? options.picture : undefined);
      new Output(options).result({ name, device: device.name, images: options.images, points }, text);
    });
}

function describe(points: readonly SweepPoint[], picture: string | undefined): string {
  const possible = points.filter(({ plan }) => plan !== null);
  const front = points.filter(({ onFront }) => onFront).toSorted((a, b) => a.plan!.days - b.plan!.days);
  const reasons = new Set(points.flatMap(({ reason }) => (reason === null ? [] : [reason])));
  if (possible.length === 0) return [`None of ${points.length} plans is possible:`, ...reasons].join('\n- ');
  const head = [
    'ranks',
    'a rank',
    'precision',
    'sharding',
    'groups',
    'memory',
    'step',
    'images/s',
    'days',
    'device-hours',
  ];
  const rows = front.map(({ world, batchPerRank, precision, sharding, plan }) => [
    ...[`${world}`, `${batchPerRank}`, precision, sharding, `${plan!.groups}`, shortBytes(plan!.totalBytes)],
    ...[duration(plan!.stepSeconds), rate(plan!.imagesPerSecond), rate(plan!.days)],
    Math.round(plan!.deviceHours).toLocaleString('en'),
  ]);
  return [
    `${points.length} plans, ${possible.length} of them possible; those that no other beats in both days and device-hours:`,
    '',
    table([head, ...rows]),
    ...(possible.length === points.length ? [] : ['', `Not possible, among others: ${[...reasons][0]}`]),
    ...(picture === undefined ? [] : ['', `Picture: ${picture}`]),
  ].join('\n');
}

function listOf<T extends string>(known: readonly T[]): (text: string) => T[] {
  return (text) =>
    text.split(',').map((part) => {
      const found = known.find((each) => each === part.trim());
      if (found === undefined) throw new InvalidArgumentError(`It must be of ${known.join(', ')}.`);
      return found;
    });
}

function parsePolicies(text: string): (number | 'none' | 'auto')[] {
  return text.split(',').map((part) => {
    const policy = part.trim();
    return policy === 'none' || policy === 'auto' ? policy : parseCount(policy);
  });
}
