import type { TensorSource } from '../../checkpoints/safetensors.ts';

/** Checkpoint contents that can be told from those of every other step. */
export function contentsOf(step: number, bytes = 4096) {
  const tensor: TensorSource = { dtype: 'U8', shape: [bytes], data: new Uint8Array(bytes).fill(step % 251) };
  return {
    model: new Map([['trunk.stem.conv.weight', tensor]]),
    optimizer: new Map([['momentum.trunk.stem.conv.weight', tensor]]),
    state: { iteration: step, text: 'kept as it is' },
    metadata: { architecture: 'tiny' },
  };
}
