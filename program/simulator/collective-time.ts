/**
 * How long ranks take to exchange something, by its size and by where they are: the model by which NCCL itself chooses between
 * rings and trees (a start, a hop for every step, and bytes over the narrowest link), for hosts of equally many ranks.
 *
 *     all-gather, reduce-scatter    ring: ranks - 1 steps, of which hosts - 1 go over the network
 *     all-reduce                    ring twice, or up and down a tree: what is quicker
 */
import type { Device } from './device.ts';

export interface Group {
  /** Ranks that exchange, at least 1. */
  readonly ranks: number;
  /** Of them on one host; they divide `ranks`, or are more. */
  readonly perHost: number;
  /** How many groups share a host's network at the same time. @default 1 */
  readonly groupsPerHost?: number;
}

export type Collective = 'allGather' | 'reduceScatter' | 'allReduce';

/** @param bytes of all ranks together for a gather, of every rank for a reduction. */
export function collectiveSeconds(device: Device, kind: Collective, bytes: number, group: Group): number {
  const { ranks, perHost } = group;
  if (ranks <= 1 || bytes === 0) return 0;
  const hosts = Math.ceil(ranks / perHost);
  const { baseSeconds, small, large } = device.collectives;
  const hops = bytes / ranks <= small.upToBytes ? small : large;
  const rounds = kind === 'allReduce' ? 2 : 1;
  const ring =
    rounds * ((ranks - hosts) * hops.host.ring + (hosts > 1 ? (hosts - 1) * hops.network.ring : 0)) +
    rounds * transferSeconds(device, bytes, group, hosts);
  if (kind !== 'allReduce') return baseSeconds + ring;
  const onHost = Math.min(ranks, perHost) - 1;
  const tree =
    2 * (onHost * hops.host.tree + Math.ceil(Math.log2(hosts)) * hops.network.tree) +
    2 * transferSeconds(device, bytes, group, hosts);
  return baseSeconds + Math.min(ring, tree);
}

/** Once around: every rank receives what it has not, over the narrower of the two links. */
function transferSeconds(device: Device, bytes: number, { ranks, groupsPerHost = 1 }: Group, hosts: number): number {
  const within = (bytes * (ranks - 1)) / ranks / device.host.bytesPerSecond;
  const between = (groupsPerHost * bytes * (hosts - 1)) / hosts / device.network.bytesPerSecond;
  return Math.max(within, between);
}

/** What one rank sends, which is also what it receives. */
export function collectiveBytes(kind: Collective, bytes: number, ranks: number): number {
  return ((kind === 'allReduce' ? 2 : 1) * bytes * (ranks - 1)) / ranks;
}
