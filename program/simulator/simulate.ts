/**
 * The simulator: an executor that has no tensors. It walks the very program that would run, and says when each operation would begin
 * and end on the two queues that an executor has.
 *
 *     compute        | s1.b1 | s1.b2     | await | s1.b3 | ...
 *     communication      | gather s1.b2 | gather s1.b3     | reduce ...
 *
 * Communication starts when the computation comes to it and the queue is free; `await` stops the computation until it is done. What is
 * exchanged within an operation (batch norm, Sinkhorn) is added to its time: nothing else can go on meanwhile.
 */
import { creates, isCommunication, type Operation, type Phase, reads } from '../operations.ts';
import type { Program } from '../program.ts';
import { byteLength, elements, type ValueId } from '../values.ts';
import { type Collective, collectiveBytes, collectiveSeconds, type Group } from './collective-time.ts';
import type { Device } from './device.ts';
import { limitSeconds, operationTimer, sizeOf } from './operation-time.ts';

/** The ranks of a training, and how their parameters are divided. */
export interface Ranks {
  readonly world: number;
  /** Ranks that share one copy of parameters and momentum: `world`, or those of a host, or 1. Divides `world`. */
  readonly shards: number;
  readonly perHost: number;
  /** How many times as long a rank computes because so many share the processors that the device stands for. @default 1 */
  readonly slowdown?: number;
}

export interface SimulatedRun {
  /** (operations, 2): begin and end of each in seconds, on the computation's queue and on that of communication; 0 and 0 where it was not there. */
  readonly computed: Float64Array;
  readonly communicated: Float64Array;
  readonly seconds: number;
  readonly parts: StepParts;
  readonly wire: WireBytes;
}

/** Where the seconds of a run went; they add up to it. */
export interface StepParts extends Readonly<Record<Phase, number>> {
  /** Waiting for gathers and reductions that were not hidden behind the computation. */
  readonly awaiting: number;
  /** Exchanging sums within operations. */
  readonly exchanging: number;
}

/** What a rank sends in a run (and receives as much), in bytes. */
export interface WireBytes {
  readonly allGather: number;
  readonly reduceScatter: number;
  readonly allReduce: number;
  /** Sums of batch norm and Sinkhorn. */
  readonly exchanged: number;
}

/** @param end the operation before which the run ends. @default the last */
export function simulate(
  program: Program,
  device: Device,
  ranks: Ranks,
  end = program.operations.length,
): SimulatedRun {
  const simulation = new Simulation(program, device, ranks);
  for (const [index, operation] of program.operations.slice(0, end).entries()) simulation.run(index, operation);
  return simulation.result();
}

/** What no rank could beat: every operation at the device's peaks, one after another, and no communication. */
export function limitOf(program: Program, device: Device, end = program.operations.length): number {
  return program.operations
    .slice(0, end)
    .filter((operation) => !isCommunication(operation))
    .reduce((sum, operation) => sum + limitSeconds(device, sizeOf(program, operation)), 0);
}

class Simulation {
  readonly #program: Program;
  readonly #device: Device;
  readonly #ranks: Ranks;
  readonly #seconds: ReturnType<typeof operationTimer>;
  readonly #computed: Float64Array;
  readonly #communicated: Float64Array;
  /** When what was started on a value is done. */
  readonly #ready = new Map<ValueId, number>();
  readonly #parts = { forward: 0, recompute: 0, backward: 0, update: 0, awaiting: 0, exchanging: 0 };
  readonly #wire = { allGather: 0, reduceScatter: 0, allReduce: 0, exchanged: 0 };
  #now = 0;
  #queueFree = 0;

  constructor(program: Program, device: Device, ranks: Ranks) {
    this.#program = program;
    this.#device = device;
    this.#ranks = ranks;
    this.#seconds = operationTimer(device);
    this.#computed = new Float64Array(2 * program.operations.length);
    this.#communicated = new Float64Array(2 * program.operations.length);
  }

  run(index: number, operation: Operation): void {
    if (isCommunication(operation)) this.#start(index, operation);
    else if (operation.kind === 'await') this.#await(index, operation.inputs.values);
    else this.#perform(index, operation);
  }

  #perform(index: number, operation: Operation): void {
    const slowdown = this.#ranks.slowdown ?? 1;
    const seconds = slowdown * this.#seconds(sizeOf(this.#program, operation));
    const exchanging = this.#exchange(operation);
    this.#parts[operation.phase] += seconds;
    this.#parts.exchanging += exchanging;
    this.#compute(index, seconds + exchanging);
  }

  result(): SimulatedRun {
    // The program ends with its last operation, or with what nobody waited for.
    const seconds = Math.max(this.#now, this.#queueFree);
    const parts = { ...this.#parts, awaiting: this.#parts.awaiting + seconds - this.#now };
    return { computed: this.#computed, communicated: this.#communicated, seconds, parts, wire: this.#wire };
  }

  #compute(index: number, seconds: number): void {
    this.#computed.set([this.#now, this.#now + seconds], 2 * index);
    this.#now += seconds;
  }

  #await(index: number, values: readonly ValueId[]): void {
    const done = Math.max(this.#now, ...values.map((id) => this.#ready.get(id) ?? 0));
    this.#parts.awaiting += done - this.#now;
    this.#compute(index, done - this.#now);
  }

  #start(index: number, operation: Operation): void {
    const kind = operation.kind as Collective;
    const whole = kind === 'allGather' ? creates(operation)[0]! : reads(operation)[0]!;
    const begin = Math.max(this.#now, this.#queueFree);
    this.#queueFree = begin + this.#collective(kind, byteLength(this.#program.values[whole]!));
    this.#communicated.set([begin, this.#queueFree], 2 * index);
    for (const id of [...reads(operation), ...creates(operation)]) this.#ready.set(id, this.#queueFree);
  }

  /** A flat is exchanged among those who share it; its gradient then also among those who have a copy. */
  #collective(kind: Collective, bytes: number): number {
    const { world, shards, perHost } = this.#ranks;
    if (kind === 'allReduce') {
      this.#wire.allReduce += collectiveBytes('allReduce', bytes, world);
      return collectiveSeconds(this.#device, 'allReduce', bytes, { ranks: world, perHost });
    }
    this.#wire[kind] += collectiveBytes(kind, bytes, shards);
    const seconds = collectiveSeconds(this.#device, kind, bytes, { ranks: shards, perHost });
    if (kind === 'allGather' || shards === world) return seconds;
    const copies = copiesOf(this.#ranks);
    this.#wire.allReduce += collectiveBytes('allReduce', bytes / shards, copies.ranks);
    return seconds + collectiveSeconds(this.#device, 'allReduce', bytes / shards, copies);
  }

  /** Seconds of the sums that ranks exchange in the middle of an operation. */
  #exchange(operation: Operation): number {
    const messages = exchangedBytes(this.#program, operation);
    // Sinkhorn is of the whole batch, however few ranks share a copy of the parameters.
    const of = rankCount(operation);
    const among = operation.kind === 'sinkhorn' && of > 1 ? this.#ranks.world : Math.min(this.#ranks.world, of);
    if (among <= 1) return 0;
    const group: Group = { ranks: among, perHost: this.#ranks.perHost };
    return messages.reduce((sum, bytes) => {
      this.#wire.exchanged += collectiveBytes('allReduce', bytes, among);
      return sum + collectiveSeconds(this.#device, 'allReduce', bytes, group);
    }, 0);
  }
}

/** Ranks of different hosts that hold the same shard: as many groups at once as a host has ranks. */
function copiesOf({ world, shards, perHost }: Ranks): Group {
  return { ranks: world / shards, perHost: Math.max(1, perHost / shards), groupsPerHost: Math.min(shards, perHost) };
}

function rankCount({ attributes }: Operation): number {
  return 'ranks' in attributes ? (attributes.ranks ?? 1) : 1;
}

/** Bytes of each message that an operation exchanges with its group. */
function exchangedBytes({ values }: Program, operation: Operation): number[] {
  const bytes = (id: ValueId) => byteLength(values[id]!);
  switch (operation.kind) {
    case 'batchNormMoments':
      return [bytes(operation.outputs.mean) + bytes(operation.outputs.variance)];
    case 'batchNormBackward':
    case 'squeezeBackward':
      return [2 * bytes(operation.inputs.mean)];
    case 'sinkhorn': {
      const prototypes = values[operation.outputs.codes]!.shape[1]!;
      // Maximum and total, then the sums of all prototypes once an iteration.
      return [4, 4, ...new Array<number>(operation.attributes.iterations).fill(4 * prototypes)];
    }
    default:
      return [];
  }
}

/** Multiply-adds of a run on one rank. */
export function multiplyAddsOf(program: Program): number {
  return program.operations.reduce((sum, operation) => sum + sizeOf(program, operation).multiplyAdds, 0);
}

/** Numbers that a program has of a role. */
export function elementsOf(program: Program, role: Program['values'][number]['role']): number {
  return program.values.reduce((sum, value) => sum + (value.role === role ? elements(value) : 0), 0);
}
