import { mkdirSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import path from 'node:path';
import type { Command } from 'commander';
import { checkWritable } from '../../../../checkpoints/atomic-file.ts';
import type { DeviceFile } from '../../../../program/simulator/device.ts';
import { devicesFolder, writeDevice } from '../../../../training/plan/devices.ts';
import { CALIBRATION_NETWORKS, calibrate } from '../../../plan/calibrate.ts';
import { cacheFolder } from '../../cache-folder.ts';
import { UsageError } from '../../errors.ts';
import { parseCount } from '../../options/arguments.ts';
import { Output, shortCount } from '../../output.ts';
import { createCountProgress } from '../../progress/count-progress.ts';

interface CalibrateOptions {
  name: string;
  out?: string;
  steps: number;
  threads: number;
  quick?: boolean;
  json?: boolean;
}

export function addCalibrateCommand(plan: Command): void {
  plan
    .command('calibrate')
    .description('measure this machine, and keep it as a device to plan for')
    .option('--name <name>', 'of the device', 'here')
    .option('--out <file>', 'the device file (default: in the cache, where --device finds it by its name)')
    .option('--steps <count>', 'timed steps of each of the small networks', parseCount, 5)
    .option('--threads <count>', 'that compute', parseCount, availableParallelism())
    .option('--quick', 'with one small network only: rougher, in a few seconds')
    .option('--json', 'print progress and result as JSON lines')
    .action(async (options: CalibrateOptions) => {
      const { name, steps, threads } = options;
      if (!/^[a-z0-9.-]+$/.test(name))
        throw new UsageError(`--name ${name}: a name has a-z, 0-9, dots and hyphens only`);
      const folder = devicesFolder(cacheFolder());
      if (options.out === undefined) mkdirSync(folder, { recursive: true });
      const file = options.out ?? path.join(folder, `${name}.json`);
      await checkWritable(file);
      const output = new Output(options);
      let bar: ReturnType<typeof createCountProgress> | undefined;
      const onProgress = (done: number, total: number) => {
        bar ??= createCountProgress('measurements', total, options.json ?? false);
        bar.update(done);
        output.event({ event: 'measured', done, total });
      };
      const networks = options.quick ? CALIBRATION_NETWORKS.slice(0, 1) : CALIBRATION_NETWORKS;
      const device = await calibrate({ name, networks, steps, threads, onProgress }).finally(() => bar?.stop());
      await writeDevice(device, file);
      output.result({ file, device }, describe(device, file));
    });
}

function describe(
  { name, description, arithmetic, memory, host, collectives, samples }: DeviceFile,
  file: string,
): string {
  const bf16 = arithmetic.bf16 ? `${shortCount(arithmetic.bf16.flopsPerSecond.value)}FLOP/s in bf16` : 'no bf16';
  return [
    `${name}: ${description}`,
    `${shortCount(arithmetic.f32.flopsPerSecond.value)}FLOP/s in f32, ${bf16}, memory ${(memory.bytesPerSecond.value / 1e9).toFixed(1)} GB/s`,
    `ranks of this host: ${(host.bytesPerSecond.value / 1e9).toFixed(2)} GB/s, ${(1e6 * collectives.baseSeconds.value).toFixed(0)} us to begin`,
    `${samples!.length} operations measured`,
    `Device file: ${file}; plan with --device ${name}`,
  ].join('\n');
}
