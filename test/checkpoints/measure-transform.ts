/**
 * Slices, or re-shards, a large checkpoint and prints by how many bytes the process grew. Arguments: `slice` or `reshard`,
 * source, its step, target.
 */
import { reshardCheckpoint } from '../../checkpoints/reshard.ts';
import { sliceCheckpoint } from '../../checkpoints/slice.ts';
import { largeSharding } from './large-checkpoint.ts';

const [what, source, step, target] = process.argv.slice(2) as [string, string, string, string];
const entry = { step: Number(step), path: source };
const before = process.resourceUsage().maxRSS;
if (what === 'slice') await sliceCheckpoint(entry, target, { momentum: true });
else await reshardCheckpoint(entry, target, largeSharding(3));
process.stdout.write(`${(process.resourceUsage().maxRSS - before) * 1024}\n`);
