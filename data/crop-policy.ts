/** The crop policy of a run, with the paper's defaults. */
import type { CropGroup, CropPolicy } from '../kernels/images.ts';
import { DataError } from './errors.ts';

export type { CropGroup, CropPolicy } from '../kernels/images.ts';

/**
 * SEER's crops (the paper's Sec. 3.2 and the reference code): 2 x 160 + 4 x 96, flip, colour jitter of strength
 * (0.8, 0.8, 0.8, 0.2), grey and blur; no solarisation.
 */
export const seerCropPolicy: CropPolicy = {
  groups: [
    { count: 2, size: 160, scale: [0.14, 1] },
    { count: 4, size: 96, scale: [0.05, 0.14] },
  ],
  ratio: [3 / 4, 4 / 3],
  flip: 0.5,
  jitter: 0.8,
  brightness: 0.8,
  contrast: 0.8,
  saturation: 0.8,
  hue: 0.2,
  grey: 0.2,
  blur: 0.5,
  blurRadius: [0.1, 2],
  region: [0, 0, 1, 1],
};

/** Completes a policy with the paper's values and checks it. Throws a {@link DataError} `BAD_CROP_POLICY` that names the field. */
export function cropPolicy(changes: Partial<CropPolicy> = {}): CropPolicy {
  const policy: CropPolicy = { ...seerCropPolicy, ...changes };
  if (policy.groups.length === 0) throw bad('groups', 'at least one group of crops');
  for (const [position, group] of policy.groups.entries()) checkGroup(group, `groups[${position}]`);
  for (const name of ['flip', 'jitter', 'grey', 'blur'] as const) checkRange([0, policy[name], 1], name);
  for (const name of ['brightness', 'contrast', 'saturation'] as const) checkRange([0, policy[name], 16], name);
  checkRange([0, policy.hue, 0.5], 'hue');
  checkRange([0.01, ...policy.ratio, 100], 'ratio');
  checkRange([0, ...policy.blurRadius, 64], 'blurRadius');
  const [left, top, right, bottom] = policy.region;
  checkRange([0, left, right, 1], 'region');
  checkRange([0, top, bottom, 1], 'region');
  if (left === right || top === bottom) throw bad('region', 'a part of the image that is not empty');
  return policy;
}

function checkGroup({ count, size, scale }: CropGroup, name: string): void {
  if (!Number.isInteger(count) || count < 1) throw bad(`${name}.count`, 'a positive integer');
  if (!Number.isInteger(size) || size < 1) throw bad(`${name}.size`, 'a positive number of pixels');
  checkRange([0, ...scale, 1], `${name}.scale`);
  if (scale[1] === 0) throw bad(`${name}.scale`, 'shares of the area above 0');
}

/** Fails unless the numbers ascend. */
function checkRange(numbers: readonly number[], name: string): void {
  const ascending = numbers.every((value, i) => i === 0 || value >= numbers[i - 1]!);
  if (!ascending) throw bad(name, `values from ${numbers[0]} to ${numbers.at(-1)}, in ascending order`);
}

function bad(field: string, expected: string): DataError {
  return new DataError('BAD_CROP_POLICY', `The crop policy's ${field} has to be ${expected}.`);
}
