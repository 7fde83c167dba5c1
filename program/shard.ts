/**
 * Fully sharded data parallel (Sec. 3.3; Fig. 3): turns the step of one rank's share of the batch into that rank's part of a
 * step of all ranks.
 *
 *     master shards, momentum  f32, 1/N of every unit                       update: on this rank's pieces alone
 *       │ convert (bf16)
 *       │ allGather            before the unit's first use, one unit ahead   reduceScatter  after its last gradient
 *       ▼                                                                     ▲
 *     unit, whole ── views: its parameters ── forward, backward ── views: its gradients ── unit, f32
 *
 * A unit is gathered for the forward pass, freed, and gathered again for the backward pass, where recomputation uses the same
 * copy: FSDP(checkpoint(layer)). The last units of the forward pass, which are the first of the backward pass, are kept.
 * Statistics of batch norm and the sums of Sinkhorn are exchanged within their operations (`Synchronised`).
 *
 * Norms leave the program and trust ratios come in (larc.ts), so that a step has two parts: up to `updateStart`, and from
 * there to `inspectStart`. What follows gathers one flat at a time for those who want to see whole parameters.
 */
import { type FlatLayout, flatLayouts, piecesOf, VECTORS } from './flat-layout.ts';
import { creates, type Operation, type OperationOf, reads, renamed } from './operations.ts';
import type { Program } from './program.ts';
import { STEP } from './training-step.ts';
import { BYTES, type DType, type Precision, type Value, type ValueId } from './values.ts';

export interface ShardOptions {
  readonly rank: number;
  readonly worldSize: number;
  /** How weights travel; scales, shifts, biases and prototypes always travel in f32. */
  readonly precision: Precision;
  /** Consecutive ranks that share the statistics of batch norm. @default all */
  readonly batchNormRanks?: number;
  /** Every unit stays gathered from its forward to its backward pass: half the traffic, all parameters at once. @default false */
  readonly keepGathered?: boolean;
}

export interface ShardedStep {
  readonly program: Program;
  readonly layouts: readonly FlatLayout[];
  /** Index of the first operation that needs trust ratios. */
  readonly updateStart: number;
  readonly inspectStart: number;
}

/** Names of what a sharded step has besides those of {@link STEP}. */
export const SHARDED = {
  /** Sums of squares (L, 2) of this rank's pieces: an output. */
  norms: 'squared norms of this rank',
  shard: (flat: string) => `shard(${flat})`,
  momentum: (flat: string) => `momentum(${flat})`,
  /** The whole flat in f32, readable right after its operations of the third part have run. */
  inspected: (flat: string) => `all(${flat})`,
} as const;

/** Units that stay gathered from their forward to their backward pass, which follows at once. */
const KEPT = ['head', 'prototypes'];

/** @param step the complete step of one rank's share of the batch, after every other pass. */
export function shard(step: Program, options: ShardOptions): ShardedStep {
  return new Sharding(step, options).run();
}

/** Values that stand for a flat. */
interface Flat {
  readonly layout: FlatLayout;
  readonly dtype: DType;
  readonly shard: ValueId;
  readonly momentum: ValueId;
  readonly gradient: ValueId;
  readonly shardGradient: ValueId;
  /** What is gathered: the shard itself, or its bf16 copy. */
  readonly travels: ValueId;
}

/** A stretch of operations during which a flat is gathered. */
interface Residency {
  readonly flat: Flat;
  readonly first: number;
  readonly last: number;
  readonly whole: ValueId;
  readonly views: Map<ValueId, ValueId>;
}

class Sharding {
  readonly #options: ShardOptions;
  readonly #values: Value[];
  /** Forward and backward pass. */
  readonly #pass: readonly Operation[];
  readonly #update: readonly Operation[];
  readonly #parameters: readonly ValueId[];
  readonly #gradients: readonly ValueId[];
  readonly #flats: readonly Flat[];
  readonly #flatOf = new Map<ValueId, Flat>();
  /** Of each operation, the flats whose parameters it reads. */
  readonly #used: readonly (readonly Flat[])[];
  readonly #name: string;

  constructor(step: Program, options: ShardOptions) {
    this.#name = step.name;
    this.#options = options;
    this.#values = [...step.values];
    this.#pass = step.operations.filter(({ phase }) => phase !== 'update');
    this.#update = step.operations.filter(({ phase }) => phase === 'update');
    const { updates, inputs } = this.#updateOf('sgd');
    this.#parameters = updates.parameters;
    this.#gradients = inputs.gradients;
    for (const momentum of updates.momenta) this.#retire(momentum);
    this.#flats = this.#layouts().map((layout) => this.#flat(layout));
    this.#used = this.#pass.map((operation) => reads(operation).flatMap((id) => this.#flatOf.get(id) ?? []));
  }

  run(): ShardedStep {
    const residencies = this.#residencies();
    const exchanged = this.#exchangeLoss();
    const starts = this.#gatherStarts(residencies);
    const reduced = this.#gradientEnds();
    const operations: Operation[] = [];
    let underWay: Flat | undefined;
    for (const [index, operation] of this.#pass.entries()) {
      for (const residency of starts.get(index) ?? []) operations.push(...this.#gather(residency, operation));
      for (const residency of residencies) {
        if (residency.first === index)
          operations.push(this.#await(residency.flat, operation, [residency.whole, residency.flat.travels]));
      }
      operations.push(this.#local(operation, index, residencies));
      const exchange = exchanged.get(index);
      if (exchange) operations.push(exchange);
      for (const flat of reduced.get(index) ?? []) {
        if (underWay) operations.push(this.#awaitReduced(underWay));
        operations.push(this.#reduce(flat));
        underWay = flat;
      }
    }
    if (underWay) operations.push(this.#awaitReduced(underWay));
    for (const { inputs, outputs } of exchanged.values()) {
      operations.push(awaiting('loss', 'backward', [...Object.values(inputs), ...Object.values(outputs)]));
    }
    const [norms, ...update] = this.#localUpdate();
    operations.push(norms!);
    const updateStart = operations.length;
    operations.push(...update);
    const inspectStart = operations.length;
    for (const flat of this.#flats) operations.push(...this.#inspect(flat));
    for (const parameter of this.#parameters) this.#retire(parameter);
    const program = { name: this.#name, values: this.#values, operations };
    return { program, layouts: this.#flats.map(({ layout }) => layout), updateStart, inspectStart };
  }

  // ── flats ────────────────────────────────────────────────────────────────────────────────────────────────────────

  #layouts(): FlatLayout[] {
    const rowsKept = this.#updateOf('normalizeRows').updates.weight;
    const parameters = this.#parameters.map((id) => {
      const { name, shape } = this.#values[id]!;
      const { unit } = this.#pass.find((operation) => reads(operation).includes(id))!;
      return { name, shape, unit, wholeRows: id === rowsKept };
    });
    return flatLayouts(parameters, this.#options.worldSize);
  }

  #flat(layout: FlatLayout): Flat {
    const { name, unit, elements } = layout;
    const { precision, worldSize } = this.#options;
    const dtype = unit === VECTORS || unit === 'prototypes' ? 'f32' : precision;
    const part = [elements / worldSize];
    const zero = { kind: 'constant', value: 0 } as const;
    const narrow = dtype !== 'f32';
    const shard = this.#create({
      name: SHARDED.shard(name),
      shape: part,
      role: 'parameter',
      init: zero,
      shared: !narrow,
    });
    const flat: Flat = {
      layout,
      dtype,
      shard,
      momentum: this.#create({ name: SHARDED.momentum(name), shape: part, role: 'momentum', init: zero }),
      gradient: this.#create({ name: `d(${name})`, shape: [elements], shared: true }),
      shardGradient: this.#create({ name: `d(${SHARDED.shard(name)})`, shape: part }),
      travels: narrow
        ? this.#create({ name: `${dtype}(${SHARDED.shard(name)})`, shape: part, dtype, shared: true })
        : shard,
    };
    for (const { name: parameter, offset } of layout.parameters) {
      const at = this.#parameters.findIndex((id) => this.#values[id]!.name === parameter);
      this.#flatOf.set(this.#parameters[at]!, flat);
      const gradient = this.#gradients[at]!;
      this.#values[gradient] = {
        ...this.#values[gradient]!,
        view: { of: flat.gradient, byteOffset: offset * BYTES.f32 },
      };
    }
    return flat;
  }

  // ── gathering ────────────────────────────────────────────────────────────────────────────────────────────────────

  #residencies(): Residency[] {
    const found: Residency[] = [];
    for (const flat of this.#flats) {
      const used = [...this.#pass.keys()].filter((index) => this.#used[index]!.includes(flat));
      const forward = used.filter((index) => this.#pass[index]!.phase === 'forward');
      const backward = used.filter((index) => this.#pass[index]!.phase !== 'forward');
      const kept = this.#options.keepGathered || flat.layout.name === VECTORS || KEPT.includes(flat.layout.unit);
      for (const stretch of kept ? [used] : [forward, backward]) {
        if (stretch.length > 0) found.push(this.#residency(flat, stretch[0]!, stretch.at(-1)!));
      }
    }
    return found.sort((one, other) => one.first - other.first);
  }

  #residency(flat: Flat, first: number, last: number): Residency {
    const { name, elements, parameters } = flat.layout;
    const when = this.#pass[first]!.phase === 'forward' ? 'forward' : 'backward';
    const whole = this.#create({ name: `${name} in the ${when} pass`, shape: [elements], dtype: flat.dtype });
    const views = new Map<ValueId, ValueId>();
    for (const { name: parameter, shape, offset } of parameters) {
      const view = { of: whole, byteOffset: offset * BYTES[flat.dtype] };
      const id = this.#parameters.find((candidate) => this.#values[candidate]!.name === parameter)!;
      views.set(id, this.#create({ name: `${parameter} in the ${when} pass`, shape, dtype: flat.dtype, view }));
    }
    return { flat, first, last, whole, views };
  }

  /** Where each gather starts: with the first operation of the unit before, so that it is under way while that one computes. */
  #gatherStarts(residencies: readonly Residency[]): Map<number, Residency[]> {
    const segments: { flat: Flat; start: number }[] = [];
    for (const index of this.#pass.keys()) {
      const flat = this.#used[index]!.find(({ layout }) => layout.name !== VECTORS);
      if (flat && flat !== segments.at(-1)?.flat) segments.push({ flat, start: index });
    }
    const starts = new Map<number, Residency[]>();
    for (const residency of residencies) {
      const segment = segments.findIndex(({ start }) => start === residency.first);
      const start = segments[segment - 1]?.start ?? 0;
      starts.set(start, [...(starts.get(start) ?? []), residency]);
    }
    return starts;
  }

  #gather({ flat, whole, first }: Residency, { phase }: Operation): Operation[] {
    const base = { unit: flat.layout.unit, phase, attributes: {}, updates: {} } as const;
    const isFirst = this.#pass[first]!.phase === 'forward';
    const convert: Operation = {
      ...base,
      kind: 'convert',
      inputs: { input: flat.shard },
      outputs: { output: flat.travels },
    };
    const gather: Operation = {
      ...base,
      kind: 'allGather',
      inputs: { input: flat.travels },
      outputs: { output: whole },
    };
    return isFirst && flat.travels !== flat.shard ? [convert, gather] : [gather];
  }

  #await({ layout }: Flat, { phase }: Operation, values: readonly ValueId[]): Operation {
    return awaiting(layout.unit, phase, values);
  }

  // ── gradients ────────────────────────────────────────────────────────────────────────────────────────────────────

  /** Flats by the operation that makes the last of their gradients. */
  #gradientEnds(): Map<number, Flat[]> {
    const ends = new Map<Flat, number>();
    for (const [index, operation] of this.#pass.entries()) {
      for (const id of creates(operation)) {
        const at = this.#gradients.indexOf(id);
        if (at >= 0) ends.set(this.#flatOf.get(this.#parameters[at]!)!, index);
      }
    }
    const byIndex = new Map<number, Flat[]>();
    for (const [flat, index] of ends) byIndex.set(index, [...(byIndex.get(index) ?? []), flat]);
    return byIndex;
  }

  /** The loss is a mean over this rank's images: the gradient of all is the mean over ranks. */
  #reduce({ layout, gradient, shardGradient }: Flat): Operation {
    return {
      kind: 'reduceScatter',
      unit: layout.unit,
      phase: 'backward',
      inputs: { input: gradient },
      outputs: { output: shardGradient },
      updates: {},
      attributes: { scale: 1 / this.#options.worldSize },
    };
  }

  #awaitReduced({ layout, gradient, shardGradient }: Flat): Operation {
    return awaiting(layout.unit, 'backward', [gradient, shardGradient]);
  }

  // ── what is exchanged within the passes ──────────────────────────────────────────────────────────────────────────

  /** The operation with this rank's copies of parameters, and with sums over the group where it takes sums. */
  #local(operation: Operation, index: number, residencies: readonly Residency[]): Operation {
    const { worldSize, batchNormRanks = worldSize } = this.#options;
    const resident = residencies.filter(({ first, last }) => first <= index && index <= last);
    const local = renamed(operation, (id) => {
      for (const { views } of resident) if (views.has(id)) return views.get(id)!;
      return id;
    });
    switch (local.kind) {
      case 'batchNormMoments':
      case 'batchNormBackward':
      case 'squeezeBackward':
        return { ...local, attributes: { ...local.attributes, ranks: batchNormRanks } } as Operation;
      case 'sinkhorn':
        return { ...local, attributes: { ...local.attributes, ranks: worldSize } };
      default:
        return local;
    }
  }

  /** The loss as the mean and the use of prototypes as the sum over ranks, by the operation that makes this rank's. */
  #exchangeLoss(): Map<number, OperationOf<'allReduce'>> {
    const exchanged = new Map<number, OperationOf<'allReduce'>>();
    for (const [name, scale] of [
      [STEP.loss, 1 / this.#options.worldSize],
      [STEP.prototypeUse, 1],
    ] as const) {
      const own = this.#values.find((value) => value.name === name)!;
      const index = this.#pass.findIndex((operation) => creates(operation).includes(own.id));
      const output = this.#create({ ...own, role: 'output' });
      this.#values[own.id] = { ...own, name: `${name} of this rank`, role: 'intermediate' };
      const { unit, phase } = this.#pass[index]!;
      const operands = { inputs: { input: own.id }, outputs: { output }, updates: {} };
      exchanged.set(index, { kind: 'allReduce', unit, phase, ...operands, attributes: { scale } });
    }
    return exchanged;
  }

  // ── update ───────────────────────────────────────────────────────────────────────────────────────────────────────

  #localUpdate(): Operation[] {
    const { worldSize, batchNormRanks = worldSize } = this.#options;
    const pieces = this.#pieces();
    const [parameters, gradients, momenta] = (['shard', 'shardGradient', 'momentum'] as const).map((of) =>
      this.#parameters.map((id) => pieces.get(id)![of]),
    ) as [ValueId[], ValueId[], ValueId[]];
    return this.#update.flatMap((operation): Operation[] => {
      switch (operation.kind) {
        case 'squaredNorms':
          this.#rename(operation.outputs.norms, { name: SHARDED.norms });
          return [{ ...operation, inputs: { ...operation.inputs, parameters, gradients } }];
        case 'finiteCheck':
          this.#rename(operation.outputs.applied, { role: 'input' });
          return [];
        case 'trustRatios':
          this.#rename(operation.outputs.ratios, { role: 'input' });
          return [];
        case 'sgd':
          return [{ ...operation, inputs: { ...operation.inputs, gradients }, updates: { parameters, momenta } }];
        case 'normalizeRows':
          return [{ ...operation, updates: { weight: this.#rows(operation.updates.weight, pieces) } }];
        case 'updateRunningMoments': {
          const { attributes } = operation;
          const counts = attributes.counts.map((count) => count * batchNormRanks);
          return [{ ...operation, attributes: { ...attributes, counts } }];
        }
        default:
          return [operation];
      }
    });
  }

  /** This rank's part of each parameter, its momentum and its gradient, as views of the shards. */
  #pieces() {
    const { rank, worldSize } = this.#options;
    const pieces = new Map<ValueId, Record<'shard' | 'momentum' | 'shardGradient', ValueId>>();
    for (const flat of this.#flats) {
      for (const { name, firstElement, shardOffset, elements } of piecesOf(flat.layout, rank, worldSize)) {
        const id = this.#parameters.find((candidate) => this.#values[candidate]!.name === name)!;
        const pieceOf = (of: ValueId, title: string, more: Partial<Value> = {}) =>
          this.#create({ name: title, shape: [elements], view: { of, byteOffset: shardOffset * BYTES.f32 }, ...more });
        const { init } = this.#values[id]!;
        pieces.set(id, {
          shard: pieceOf(flat.shard, `piece of ${name}`, { init, piece: { parameter: name, firstElement } }),
          momentum: pieceOf(flat.momentum, `piece of momentum(${name})`),
          shardGradient: pieceOf(flat.shardGradient, `piece of d(${name})`),
        });
      }
    }
    return pieces;
  }

  /** The piece of a parameter as whole rows. */
  #rows(parameter: ValueId, pieces: ReadonlyMap<ValueId, { readonly shard: ValueId }>): ValueId {
    const { name, shape, view } = this.#values[pieces.get(parameter)!.shard]!;
    const width = this.#values[parameter]!.shape.at(-1)!;
    return this.#create({ name: `rows of ${name}`, shape: [shape[0]! / width, width], view });
  }

  #inspect({ layout, shard: input }: Flat): Operation[] {
    const { name, unit, elements } = layout;
    const output = this.#create({ name: SHARDED.inspected(name), shape: [elements] });
    const base = { unit, phase: 'update', attributes: {}, updates: {} } as const;
    return [
      { ...base, kind: 'allGather', inputs: { input }, outputs: { output } },
      awaiting(unit, 'update', [output, input]),
    ];
  }

  // ── values ───────────────────────────────────────────────────────────────────────────────────────────────────────

  #create(draft: Partial<Omit<Value, 'id'>> & Pick<Value, 'name' | 'shape'>): ValueId {
    const id = this.#values.length;
    this.#values.push({ role: 'intermediate', dtype: 'f32', ...draft, id });
    return id;
  }

  #rename(id: ValueId, changes: Partial<Value>): void {
    this.#values[id] = { ...this.#values[id]!, ...changes };
  }

  /** A value that no operation uses any more takes no place. */
  #retire(id: ValueId): void {
    const { name } = this.#values[id]!;
    this.#values[id] = { id, name: `${name} (sharded)`, role: 'intermediate', dtype: 'f32', shape: [0] };
  }

  #updateOf<Kind extends Operation['kind']>(kind: Kind): OperationOf<Kind> {
    return this.#update.find((operation) => operation.kind === kind) as OperationOf<Kind>;
  }
}

function awaiting(unit: string, phase: Operation['phase'], values: readonly ValueId[]): Operation {
  return { kind: 'await', unit, phase, inputs: { values }, outputs: {}, updates: {}, attributes: {} };
}
