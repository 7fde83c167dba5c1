/** `ranks`. */
import * as z from 'zod';
import { count, key, positive, section } from './section.ts';

export const ranks = section(
  {
    batchNorm: key(count.nullable(), null, {
      description: 'Consecutive ranks that share the statistics of batch norm. Null: all. 1: every rank takes its own.',
      unit: 'ranks',
      source: 'SEER, Sec. 3 (all); VISSL, 10B (8)',
    }),
    keepGathered: key(z.boolean(), false, {
      description:
        'Whether a unit of the network stays whole on every rank from its forward to its backward pass: half the traffic between ranks, for memory of all parameters at once.',
      source: 'SEER, Sec. 3 (no)',
    }),
    transport: key(z.enum(['auto', 'gloo', 'nccl']), 'auto', {
      description:
        'How ranks exchange. auto: by NCCL between GPUs, else in shared memory on one host and by Gloo across several. gloo is also for ranks of one host that may not share memory.',
      source: 'ours',
    }),
    collectiveTimeout: key(positive, 60, {
      description: 'A rank that does not come to an exchange within so long counts as stuck.',
      unit: 'seconds',
      source: 'ours',
    }),
    heartbeatTimeout: key(positive, 10, {
      description: 'A process that was not heard of for so long counts as lost.',
      unit: 'seconds',
      source: 'ours',
    }),
    replacementTimeout: key(z.number().min(0), 20, {
      description:
        'After a loss, how long to wait for another process before going on with fewer, where that is allowed.',
      unit: 'seconds',
      source: 'ours',
    }),
  },
  'Training on several ranks.',
);
