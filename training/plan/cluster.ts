/** The machines of a plan: a device, how many of it, on how many hosts, over which network. */
import { type Device, type DeviceFile, deviceOf } from '../../program/simulator/device.ts';
import type { Ranks } from '../../program/simulator/simulate.ts';
import { PlanError } from './errors.ts';

/**
 * Who shares a copy of parameters and momentum. `full`: all ranks, as `auspex train --ranks` does it; `host`: those of a host, whose
 * gradients then go to the other hosts; `none`: every rank has all.
 */
export const SHARDINGS = ['full', 'host', 'none'] as const;
export type Sharding = (typeof SHARDINGS)[number];

export interface Cluster {
  readonly device: Device;
  readonly world: number;
  readonly perHost: number;
  readonly hosts: number;
}

export interface ClusterOptions {
  /** Ranks of a host. @default those of the device file, or all if they are fewer */
  readonly perHost?: number | undefined;
  /** Bytes per second of a host's network in one direction. @default that of the device file */
  readonly networkBytesPerSecond?: number | undefined;
}

/** @throws PlanError PLAN_WORLD_SIZE */
export function clusterOf(file: DeviceFile, world: number, options: ClusterOptions = {}): Cluster {
  const device = deviceOf(file);
  const { networkBytesPerSecond = device.network.bytesPerSecond } = options;
  const perHost = options.perHost ?? Math.min(world, device.host.ranks);
  if (world > perHost && world % perHost !== 0) {
    const hosts = Math.floor(world / perHost);
    throw new PlanError(
      'PLAN_WORLD_SIZE',
      `${world} ranks do not fill hosts of ${perHost}: take ${hosts * perHost} or ${(hosts + 1) * perHost}, or give --ranks-per-host.`,
    );
  }
  const within = Math.min(world, perHost);
  return {
    device: { ...device, network: { bytesPerSecond: networkBytesPerSecond } },
    world,
    perHost: within,
    hosts: world / within,
  };
}

/** How the ranks of a cluster divide parameters. A device of kind `cpu` stands for a host's processors, which its ranks share. */
export function ranksOf({ device, world, perHost }: Cluster, sharding: Sharding): Ranks {
  const shards = { full: world, host: perHost, none: 1 }[sharding];
  return { world, shards, perHost, slowdown: device.kind === 'cpu' ? perHost : 1 };
}

/** What one rank has for its step. */
export function memoryOf({ device: { kind, memory }, perHost }: Cluster): number {
  return (kind === 'cpu' ? memory.bytes / perHost : memory.bytes) - memory.reservedBytes;
}
