/** A short hash of what a training computes, to tell whether two processes would train the same. */
import { createHash } from 'node:crypto';
import type { ResolvedConfig } from './config.ts';

/** Of everything but the paths, which may differ from host to host. */
export function hashOfConfig(config: ResolvedConfig): string {
  const { path: _path, ...data } = config.data;
  const { out: _out, ...training } = config.training;
  const { copyTo: _copyTo, ...checkpoint } = config.checkpoint;
  return createHash('sha256')
    .update(JSON.stringify({ ...config, data, training, checkpoint }))
    .digest('hex')
    .slice(0, 12);
}
