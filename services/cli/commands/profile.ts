import type { Command } from 'commander';
import { checkWritable, writeFileAtomically } from '../../../checkpoints/atomic-file.ts';
import { hasBf16 } from '../../../kernels/executor.ts';
import { loadConfig } from '../../../training/config/config.ts';
import { openDevice } from '../../../training/device.ts';
import { profileSteps, typicalStep } from '../../../training/profile/profile.ts';
import { profileOf } from '../../../training/profile/step-profile.ts';
import { openStep } from '../../../training/profile/step-runner.ts';
import { traceOf } from '../../../training/profile/trace.ts';
import { precisionOf, settlePrecision } from '../../../training/step.ts';
import { numThreads } from '../../../training/threads.ts';
import { sharedAmongRanks } from '../../ranks/launcher.ts';
import { profileRanks } from '../../ranks/profile-ranks.ts';
import { collect, parseCount } from '../options/arguments.ts';
import { Output } from '../output.ts';
import { describeProfile, type ProfileSubject } from '../text/profile-text.ts';

interface ProfileOptions {
  preset?: string;
  data?: string;
  set?: string[];
  steps: number;
  ranks: number;
  trace?: string;
  json?: boolean;
}

export function addProfileCommand(command: Command): void {
  command
    .argument('[config]', 'YAML or JSON file; `auspex config` lists the keys')
    .option('--preset <name>', 'start from a preset, such as 400mf or seer-8gf')
    .option('--data <dir>', 'load crops from this folder while steps run (default: crops are made up)')
    .option('--set <key=value>', 'override a key, such as training.batchSize=8; may be repeated', collect)
    .option('--steps <count>', 'timed steps, after two that warm up', parseCount, 5)
    .option('--ranks <n>', 'profile the first of so many ranks, each a process of this machine', parseCount, 1)
    .option('--trace <file>', 'write one step for ui.perfetto.dev')
    .option('--json', 'print the result as JSON, with every operation')
    .action(async (file: string | undefined, options: ProfileOptions) => {
      const { preset, data, set, steps: numSteps, ranks, trace } = options;
      if (trace !== undefined) await checkWritable(trace);
      const given = loadConfig({ file, preset, set, data });
      const config = settlePrecision(ranks > 1 ? sharedAmongRanks(given, ranks) : given, hasBf16());
      const alone = { rank: 0, worldSize: 1 };
      const profiled =
        ranks > 1
          ? await profileRanks(config, numSteps, ranks)
          : await profileSteps(config, numSteps, alone, async () => openStep(config, await openDevice(config)));
      const { program: step, peaks, steps } = profiled;
      const { batchSize, threads } = config.training;
      const profile = profileOf(step, steps, peaks, batchSize);
      const subject: ProfileSubject = {
        ...{ name: step.name, precision: precisionOf(config), images: batchSize, ranks, steps: numSteps },
        threads: numThreads(threads),
        crops: config.data.path === null ? 'made up' : 'loaded',
      };
      const lines = [describeProfile(subject, peaks, profile)];
      if (trace !== undefined) {
        const events = JSON.stringify(traceOf(step, typicalStep(steps)));
        await writeFileAtomically(trace, (handle) => handle.writeFile(events));
        lines.push('', `Trace: ${trace} (open it in ui.perfetto.dev)`);
      }
      new Output(options).result({ ...subject, peaks, ...profile, trace: trace ?? null }, lines.join('\n'));
    });
}
