import type { Command } from 'commander';
import { setUpTensorFlow } from '../../setup/tensorflow.ts';
import { Output } from '../output.ts';
import { StageProgress } from '../progress/stage-progress.ts';

interface TensorFlowOptions {
  gpu?: boolean;
  force?: boolean;
  json?: boolean;
}

export function addSetupCommand(setup: Command): void {
  setup
    .command('tensorflow')
    .description(
      'TensorFlow and its binding, for trainings with training.device: gpu or tensorflow-cpu (230 MB to fetch)',
    )
    .option('--gpu', "the build for NVIDIA's GPUs, with CUDA's libraries (3.9 GB on disk)")
    .option('--force', 'again, even if it is there')
    .option('--json', 'print progress and result as JSON lines')
    .action(async (options: TensorFlowOptions) => {
      const output = new Output(options);
      const progress = new StageProgress(output, options.json ?? false);
      try {
        const result = await setUpTensorFlow({
          build: options.gpu ? 'gpu' : 'cpu',
          force: options.force ?? false,
          onProgress: (stage, done, total) => progress.report(stage, done, total),
        });
        progress.stop();
        const { tensorflow, binding, folder, wasThere, seesGpu } = result;
        const state = wasThere ? 'is set up already' : 'is set up';
        const lines = [`TensorFlow ${tensorflow} with its binding ${binding} ${state} in ${folder}.`];
        if (options.gpu && seesGpu === false) {
          lines.push("It sees no GPU on this machine: 'auspex doctor --gpu' says what is missing.");
        }
        output.result(result, lines.join('\n'));
      } finally {
        progress.stop();
      }
    });
}
