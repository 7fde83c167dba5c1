import type { Transformed } from '../../../../checkpoints/transform.ts';
import { shortBytes } from '../../output.ts';

/** What slice, merge and reshard print. */
export function describeTransformed(what: string, { path, step, files, bytes }: Transformed): string {
  return `${path}: step ${step}, ${files} ${what}, ${shortBytes(bytes)} of tensors`;
}
