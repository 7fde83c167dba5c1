/**
 * Memory planning: lifetimes -> offsets in one arena, before anything runs.
 *
 *   operation    0   1   2   3   4   5
 *   a            ████████████                 offset 0
 *   b                ████                     offset |a|
 *   c                        ████████         offset |a|, where b was
 *
 * Values that outlive the step (parameters, momenta, running statistics) lie in a second region, one after another. With several
 * ranks there is a third, which the other ranks can read: first what outlives the step, then an arena like the one above.
 * A view lies where the value lies that it is a part of, and keeps it alive.
 * Offsets are found greedily, heaviest value first, each at the lowest place free during its lifetime: once by size, once by size
 * times lifetime, and the smaller arena is taken. Property tests check that no two values that live at the same time overlap.
 */
import { creates, type Operation, reads } from './operations.ts';
import type { Program } from './program.ts';
import { byteLength, isPersistent, type Value, type ValueId } from './values.ts';

/** Cache line and AVX-512 register. */
export const ALIGNMENT = 64;

export interface MemoryPlan {
  /** Offset of each value, in bytes, in its region. */
  readonly offsets: readonly number[];
  readonly regions: readonly Region[];
  /** Offset in the arena of each operation's workspace (packed weights, partial sums); 0 where it has none. */
  readonly workspaceOffsets: readonly number[];
  readonly arenaBytes: number;
  readonly persistentBytes: number;
  /** The region that other ranks read; 0 where there are none. */
  readonly sharedBytes: number;
  /** Index of the operation at which most of the arena is alive, and how much that is. */
  readonly peak: { readonly operation: number; readonly liveBytes: number };
}

export type Region = 'arena' | 'persistent' | 'shared';

/** Something that occupies the arena during operations first..last. */
interface Tenant {
  readonly bytes: number;
  readonly first: number;
  last: number;
}

/** A value's bytes, and the operations during which they are taken: `first` to `last`. */
export interface Lifetime {
  readonly id: ValueId;
  readonly bytes: number;
  readonly first: number;
  readonly last: number;
}

/** Of everything that does not outlive a run; what lies in another value's place is part of that one's life. */
export function lifetimesOf(program: Program): Lifetime[] {
  return [...valueLifetimes(program, storageRoots(program))].map(([id, tenant]) => ({ id, ...tenant }));
}

/** @param workspaceBytes of each operation, as its executor needs it. */
export function planMemory(program: Program, workspaceBytes: readonly number[] = []): MemoryPlan {
  const offsets = new Array<number>(program.values.length).fill(0);
  const workspaceOffsets = new Array<number>(program.operations.length).fill(0);

  const persistentBytes = placeInOrder(
    program.values.filter((value) => isPersistent(value) && !value.shared),
    0,
    offsets,
  );
  const sharedStart = placeInOrder(
    program.values.filter((value) => isPersistent(value) && value.shared),
    0,
    offsets,
  );

  const [arena, shared] = [new Map<Tenant, (offset: number) => void>(), new Map<Tenant, (offset: number) => void>()];
  const roots = storageRoots(program);
  const members = new Map<ValueId, ValueId[]>();
  for (const { id, view } of program.values) {
    const root = roots.get(id) ?? id;
    if (view === undefined) members.set(root, [...(members.get(root) ?? []), id]);
  }
  for (const [root, tenant] of valueLifetimes(program, roots)) {
    (program.values[root]!.shared ? shared : arena).set(tenant, (offset) => {
      for (const id of members.get(root)!) offsets[id] = offset;
    });
  }
  for (const [index] of program.operations.entries()) {
    const bytes = aligned(workspaceBytes[index] ?? 0);
    if (bytes > 0) arena.set({ bytes, first: index, last: index }, (offset) => (workspaceOffsets[index] = offset));
  }
  const arenaBytes = placeAll(arena, 0);
  const sharedBytes = placeAll(shared, sharedStart);
  for (const { id, view } of program.values) if (view) offsets[id] = offsets[view.of]! + view.byteOffset;

  const peak = findPeak(program, [...arena.keys()]);
  const regions = program.values.map((value) => regionOf(program, value));
  return { offsets, regions, workspaceOffsets, arenaBytes, persistentBytes, sharedBytes, peak };
}

function regionOf(program: Program, value: Value): Region {
  const storage = value.view ? program.values[value.view.of]! : value;
  if (storage.shared) return 'shared';
  return isPersistent(storage) ? 'persistent' : 'arena';
}

/** One after another from `start` on; returns where they end. */
function placeInOrder(values: readonly Value[], start: number, offsets: number[]): number {
  let end = start;
  for (const value of values) {
    offsets[value.id] = end;
    end += aligned(byteLength(value));
  }
  return end;
}

function placeAll(tenants: ReadonlyMap<Tenant, (offset: number) => void>, start: number): number {
  let end = start;
  for (const [tenant, offset] of place([...tenants.keys()])) {
    tenants.get(tenant)!(start + offset);
    end = Math.max(end, start + offset + tenant.bytes);
  }
  return end;
}

function aligned(bytes: number): number {
  return Math.ceil(bytes / ALIGNMENT) * ALIGNMENT;
}

/** The output that may be written over an input of the same size, if nobody reads that input afterwards. */
function inPlaceCandidates(operation: Operation): readonly (readonly [output: ValueId, input: ValueId])[] {
  const pair = (output: ValueId | undefined, input: ValueId | undefined) =>
    output === undefined || input === undefined ? [] : [[output, input] as const];
  switch (operation.kind) {
    case 'convolutionBackwardData':
      return pair(operation.outputs.inputGradient, operation.inputs.accumulate);
    case 'batchNormBackward': {
      const { residualGradient, inputGradient } = operation.outputs;
      return pair(residualGradient ?? inputGradient, operation.inputs.outputGradient);
    }
    case 'squeezeBackward':
    case 'activationBackward':
      return pair(operation.outputs.inputGradient, operation.inputs.outputGradient);
    case 'activation':
      return pair(operation.outputs.output, operation.inputs.input);
    case 'add':
      return pair(operation.outputs.output, operation.inputs.left);
    default:
      return [];
  }
}

/** Maps each value that lies in another's bytes, or in place of another, to that one (the first of a chain). */
function storageRoots(program: Program): ReadonlyMap<ValueId, ValueId> {
  const roots = new Map(shareInPlace(program));
  for (const { id, view } of program.values) if (view) roots.set(id, view.of);
  return roots;
}

function shareInPlace(program: Program): ReadonlyMap<ValueId, ValueId> {
  const lastRead = new Map<ValueId, number>();
  program.operations.forEach((operation, index) => {
    for (const id of reads(operation)) lastRead.set(id, index);
  });
  const divided = new Set(program.values.flatMap(({ view }) => (view ? [view.of] : [])));
  const isWhole = ({ id, role, view, shared }: Value) =>
    role === 'intermediate' && !view && !shared && !divided.has(id);
  const roots = new Map<ValueId, ValueId>();
  program.operations.forEach((operation, index) => {
    for (const [output, input] of inPlaceCandidates(operation)) {
      const [to, from] = [program.values[output]!, program.values[input]!];
      const movable = isWhole(to) && isWhole(from) && lastRead.get(input) === index;
      // Under a second name the operation may still read it after the first bytes of the output are written.
      const readOnce = reads(operation).filter((id) => id === input).length === 1;
      if (movable && readOnce && byteLength(to) === byteLength(from)) roots.set(output, roots.get(input) ?? input);
    }
  });
  return roots;
}

function valueLifetimes(program: Program, roots: ReadonlyMap<ValueId, ValueId>): Map<ValueId, Tenant> {
  const end = program.operations.length;
  const lifetimes = new Map<ValueId, Tenant>();
  const touch = (id: ValueId, index: number) => {
    const root = roots.get(id) ?? id;
    const known = lifetimes.get(root);
    if (known) known.last = Math.max(known.last, index);
    else lifetimes.set(root, { bytes: aligned(byteLength(program.values[root]!)), first: index, last: index });
  };
  for (const { id, role } of program.values) if (role === 'input') touch(id, 0);
  program.operations.forEach((operation, index) => {
    for (const id of [...creates(operation), ...reads(operation)]) {
      const value = program.values[id]!;
      if (isPersistent(value.view ? program.values[value.view.of]! : value)) continue;
      touch(id, index);
      if (value.role === 'output') touch(id, end);
    }
  });
  return lifetimes;
}

/** In what order tenants are placed: neither is best for every program, so both are tried. */
const ORDERS: readonly ((tenant: Tenant) => number)[] = [
  ({ bytes }) => bytes,
  ({ bytes, first, last }) => bytes * (last - first + 1),
];

function place(tenants: readonly Tenant[]): Map<Tenant, number> {
  const placements = ORDERS.map((weight) => placeBy(weight, tenants));
  return placements.reduce((best, other) => (extentOf(other) < extentOf(best) ? other : best));
}

function extentOf(placement: ReadonlyMap<Tenant, number>): number {
  return [...placement].reduce((end, [{ bytes }, offset]) => Math.max(end, offset + bytes), 0);
}

/** Heaviest first, each at the lowest offset that is free during its whole lifetime. */
function placeBy(weight: (tenant: Tenant) => number, tenants: readonly Tenant[]): Map<Tenant, number> {
  const placed: { tenant: Tenant; offset: number }[] = [];
  const result = new Map<Tenant, number>();
  const order = [...tenants].sort((a, b) => weight(b) - weight(a) || a.first - b.first || a.last - b.last);
  for (const tenant of order) {
    let offset = 0;
    // `placed` is kept in order of offsets: the first gap that is wide enough wins.
    for (const other of placed) {
      if (other.tenant.last < tenant.first || other.tenant.first > tenant.last) continue;
      if (offset + tenant.bytes <= other.offset) break;
      offset = Math.max(offset, other.offset + other.tenant.bytes);
    }
    const at = placed.findIndex((other) => other.offset > offset);
    placed.splice(at === -1 ? placed.length : at, 0, { tenant, offset });
    result.set(tenant, offset);
  }
  return result;
}

function findPeak(program: Program, tenants: readonly Tenant[]): MemoryPlan['peak'] {
  const change = new Array<number>(program.operations.length + 2).fill(0);
  for (const { first, last, bytes } of tenants) {
    change[first]! += bytes;
    change[last + 1]! -= bytes;
  }
  let [liveBytes, peak] = [0, { operation: 0, liveBytes: 0 }];
  for (const [operation] of program.operations.entries()) {
    liveBytes += change[operation]!;
    if (liveBytes > peak.liveBytes) peak = { operation, liveBytes };
  }
  return peak;
}
