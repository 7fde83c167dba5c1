/** A device of round numbers, for figures that can be worked out by hand. */
import type { Device } from '../../../program/simulator/device.ts';

export const roundDevice: Device = {
  name: 'round',
  description: 'round numbers',
  kind: 'gpu',
  memory: { bytes: 1e9, reservedBytes: 0, bytesPerSecond: 1e9, efficiency: 0.5 },
  arithmetic: {
    f32: { flopsPerSecond: 1e9, efficiency: 0.5, channelsAtHalf: 8 },
    bf16: { flopsPerSecond: 4e9, efficiency: 0.5, channelsAtHalf: 8 },
  },
  launchSeconds: 1e-6,
  host: { ranks: 4, bytesPerSecond: 1e9 },
  network: { bytesPerSecond: 1e8 },
  collectives: {
    baseSeconds: 1e-5,
    small: { upToBytes: 100, host: { ring: 1e-6, tree: 2e-6 }, network: { ring: 3e-6, tree: 4e-6 } },
    large: { host: { ring: 1e-4, tree: 2e-4 }, network: { ring: 3e-4, tree: 4e-4 } },
  },
};
