import type { Command } from 'commander';
import { importCheckpoint } from '../../../../training/checkpoints/import-checkpoint.ts';
import { Output } from '../../output.ts';

interface ImportCommandOptions {
  withoutHead?: boolean;
  out: string;
  json?: boolean;
}

export function addImportCommand(checkpoint: Command): void {
  checkpoint
    .command('import')
    .description('a checkpoint from the safetensors of timm, torchvision, ClassyVision or VISSL')
    .argument('<from>', 'a safetensors file, or a folder of them (slices or shards)')
    .requiredOption('--out <dir>', 'folder for the checkpoint, new or empty')
    .option('--without-head', 'take the trunk alone, and leave any head out')
    .option('--json', 'print the result as JSON')
    .action(async (from: string, options: ImportCommandOptions) => {
      const output = new Output(options);
      const { withoutHead = false, out } = options;
      const { layout, architecture, head, checkpoint, tensors, leftOut } = await importCheckpoint({
        from,
        out,
        withoutHead,
      });
      const name = typeof architecture === 'string' ? architecture : JSON.stringify(architecture);
      const heading = head ? `head [${head.widths.join(', ')}], ${head.prototypes} prototypes` : 'no head';
      const dropped = leftOut.length > 0 ? `\nleft out: ${summary(leftOut)}` : '';
      output.result(
        { checkpoint, layout, architecture, head: head ?? null, tensors, leftOut },
        `${tensors} tensors from ${layout}'s names: ${name}, ${heading}: ${checkpoint}${dropped}`,
      );
    });
}

/** Names without those that every BN has. */
function summary(names: readonly string[]): string {
  const others = names.filter((name) => !name.endsWith('.num_batches_tracked'));
  const counters = names.length - others.length;
  return [...others, ...(counters > 0 ? [`${counters} counters of batches`] : [])].join(', ');
}
