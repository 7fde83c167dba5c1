/**
 * A device as the simulator knows it: what it computes, moves and exchanges at best, and how near to that kernels come. Device
 * files (JSON) give every number together with where it comes from.
 */
import * as z from 'zod';

/** A number, and the data sheet, publication, measurement or assumption behind it. */
const figure = z.strictObject({ value: z.number().nonnegative(), source: z.string().min(1) });

/**
 * Multiplying at `flopsPerSecond` x `efficiency` x c / (c + channelsAtHalf), where c is the smaller of the channels that one group
 * of a convolution reads and writes.
 */
const arithmetic = z.strictObject({ flopsPerSecond: figure, efficiency: figure, channelsAtHalf: figure });

/** Seconds that a message takes from rank to rank along a ring, or from level to level of a tree. */
const hops = z.strictObject({ ring: figure, tree: figure });

/** One measured operation: what the simulator interpolates between where it has them. */
const sample = z.strictObject({
  /** As a profile names it, type first: `bf16 convolution 3x3, groups of 16`. */
  label: z.string().min(1),
  multiplyAdds: z.number().nonnegative(),
  bytes: z.number().nonnegative(),
  channels: z.number().nonnegative(),
  seconds: z.number().positive(),
});

export const deviceFileSchema = z.strictObject({
  name: z.string().regex(/^[a-z0-9.-]+$/),
  description: z.string().min(1),
  kind: z.enum(['gpu', 'cpu']),
  memory: z.strictObject({
    bytes: figure,
    /** Not to be had for a step: driver, libraries, communicators, workspaces of kernels that the memory plan does not know. */
    reservedBytes: figure,
    bytesPerSecond: figure,
    /** Of `bytesPerSecond`, that kernels which only pass over memory reach. */
    efficiency: figure,
  }),
  arithmetic: z.strictObject({ f32: arithmetic, bf16: arithmetic.optional() }),
  /** Of one operation at least. */
  launchSeconds: figure,
  host: z.strictObject({
    /** Devices, or ranks, of one host. */
    ranks: figure,
    /** Of one rank in one direction, to others of its host. */
    bytesPerSecond: figure,
  }),
  network: z.strictObject({
    /** Of all ranks of a host together, in one direction. */
    bytesPerSecond: figure,
  }),
  collectives: z.strictObject({
    baseSeconds: figure,
    /** Of messages that fit into one packet of each rank, and of all others. */
    small: z.strictObject({ upToBytes: figure, host: hops, network: hops }),
    large: z.strictObject({ host: hops, network: hops }),
  }),
  /** Operations that were measured on it, on all processors of the host together. */
  samples: z.array(sample).optional(),
});

export type DeviceFile = z.infer<typeof deviceFileSchema>;
export type OperationSample = z.infer<typeof sample>;

/** Every figure as the number that it holds. */
type Plain<T> = T extends { value: number; source: string }
  ? number
  : T extends readonly (infer Element)[]
    ? readonly Element[]
    : T extends object
      ? { readonly [Key in keyof T]: Plain<T[Key]> }
      : T;

export type Device = Plain<DeviceFile>;

/** The device without its sources. */
export function deviceOf(file: DeviceFile): Device {
  return plain(file) as Device;
}

function plain(value: unknown): unknown {
  if (Array.isArray(value)) return value;
  if (typeof value !== 'object' || value === null) return value;
  if ('value' in value && 'source' in value) return value.value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, plain(inner)]));
}
