/**
 * What LARC's norms and the update of parameters take of a step on GPUs, by arithmetic: as the operations of TensorFlow that
 * kernels/tensorflow/operations/optimizer.ts makes of them, and as kernels of our own that pass over everything once. Nothing runs.
 */
import { Option } from 'commander';
import { loadBinding } from '../kernels/tensorflow/binding.ts';
import { LoadedProgram } from '../kernels/tensorflow/loaded-program.ts';
import { placeOf, readStamp } from '../kernels/tensorflow/place.ts';
import { Tensors } from '../kernels/tensorflow/tensors.ts';
import { valueNamed } from '../program/program.ts';
import { SHARDED } from '../program/shard.ts';
import { trainingStep, withRecompute } from '../program/training-step.ts';
import { UPDATE } from '../program/update.ts';
import { elements } from '../program/values.ts';
import { UsageError } from '../services/cli/errors.ts';
import { loadConfig } from '../training/config/config.ts';
import { clusterOf } from '../training/plan/cluster.ts';
import { shippedDevices } from '../training/plan/devices.ts';
import { planStep } from '../training/plan/plan.ts';
import { stepSpecOf } from '../training/step.ts';
import { type Bench, type BenchRow, compare, report } from './bench.ts';
import { countingBinding } from './count-operations.ts';

/** Of each element of a parameter and for each parameter; counted in test/kernels/tensorflow/update.test.ts. */
export const COMPOSED = {
  /** Squared norms read two tensors of f32; the update reads ten and writes seven. */
  bytes: 4 * (2 + 10 + 7),
  operations: 2 + 8,
};
/** Of a rank's pieces: cut out of parameter and gradient, for the norms and for the update, and put together again. */
export const PIECES = { bytes: 2 * 4 * (2 + 2 + 1), operations: 4 };
/** Norms in a pass of two tensors; the update reads parameter, momentum and gradient, and writes two of them. */
const FUSED = { bytes: 4 * (2 + 3 + 2) };
/** Seconds that TensorFlow takes to issue one, as measured on processors: 6.5 to 14 microseconds. */
const ISSUE = 10e-6;

/** Batches as in the plans of docs/plan.md. */
const CASES = [
  { preset: '400mf', world: 1, batch: 64 },
  { preset: 'seer-8gf', world: 8, batch: 64 },
  { preset: 'seer-10b', world: 496, batch: 16 },
] as const;

interface UpdateRow extends BenchRow {
  /** Of the rank. */
  readonly parameters: number;
  readonly layers: number;
  /** Of the whole step. */
  readonly shareComposed: number;
  readonly shareFused: number;
}

function rowOf({ preset, world, batch }: (typeof CASES)[number], deviceName: string): UpdateRow {
  const device = shippedDevices().find(({ name }) => name === deviceName);
  if (!device)
    throw new UsageError(
      `no device "${deviceName}"; known: ${shippedDevices()
        .map(({ name }) => name)
        .join(', ')}`,
    );
  const set = [`training.batchSize=${batch * world}`, 'training.precision=bf16'];
  const config = loadConfig({ preset, set });
  const { program, seconds } = planStep({ config, cluster: clusterOf(device, world), sharding: 'full' });
  const norms = program.operations.find((operation) => operation.kind === 'squaredNorms')!;
  const layers = norms.inputs.parameters.length;
  const parameters = norms.inputs.parameters.reduce((sum, id) => sum + elements(program.values[id]!), 0);
  const isSharded = program.values.some(({ name }) => name === SHARDED.norms);
  const [bytes, operations] = (['bytes', 'operations'] as const).map(
    (of) => COMPOSED[of] + (isSharded ? PIECES[of] : 0),
  ) as [number, number];
  const speed = device.memory.bytesPerSecond.value;
  const moved = (each: number) => (parameters * each) / speed;
  // A GPU is given work ahead: issuing and moving go on at once, and the longer of them counts.
  const composed = Math.max(moved(bytes), layers * operations * ISSUE);
  const fused = Math.max(moved(FUSED.bytes), ISSUE);
  const share = (of: number) => of / (seconds + of);
  const percent = (of: number) => `${(100 * share(of)).toFixed(2)} %`;
  return {
    ...compare({
      case: `${preset}, ${batch} images a rank, ${world} x ${deviceName}`,
      ours: composed * 1e3,
      peer: fused * 1e3,
      ...NAMES,
    }),
    ...{ parameters, layers, shareComposed: share(composed), shareFused: share(fused) },
    note:
      `${(parameters / 1e6).toFixed(1)}M parameters of the rank in ${layers} tensors; ${((parameters * bytes) / 1e6).toFixed(0)} MB in ` +
      `${(moved(bytes) * 1e3).toFixed(2)} ms and ${layers * operations} operations in ${(layers * operations * ISSUE * 1e3).toFixed(1)} ms, ` +
      `against ${((parameters * FUSED.bytes) / 1e6).toFixed(0)} MB; ${percent(composed)} and ${percent(fused)} of a step of ${(seconds * 1e3).toFixed(0)} ms`,
  };
}

/** How many operations TensorFlow is given in a step; on GPUs gradients of grouped convolutions take fewer. */
async function countStep(preset: string): Promise<BenchRow> {
  const set = ['training.batchSize=2', 'training.precision=fp32', 'training.device=tensorflow-cpu'];
  const program = withRecompute(trainingStep(stepSpecOf(loadConfig({ preset, set }))), {});
  process.env['TF_CPP_MIN_LOG_LEVEL'] ??= '2';
  const { binding, counted } = countingBinding(loadBinding('cpu'));
  const loaded = new LoadedProgram(program, new Tensors(binding), false);
  const run = (phases: readonly string[]) => {
    const before = counted.operations;
    for (const [first, { phase }] of program.operations.entries()) {
      if (phases.includes(phase)) loaded.run({ first, end: first + 1, timed: false, isCancelled: () => false });
    }
    return counted.operations - before;
  };
  const control = valueNamed(program, UPDATE.control).id;
  loaded.write(control, new Uint8Array(Float32Array.of(0, 0).buffer));
  const passes = ['forward', 'recompute', 'backward'];
  // Twice: the first step makes values that were not there.
  for (const { id, role, init, shape } of program.values) {
    if (role !== 'parameter' && role !== 'momentum' && role !== 'state') continue;
    const value = init?.kind === 'constant' ? init.value : 0.01;
    loaded.write(id, new Uint8Array(new Float32Array(elements({ shape })).fill(value).buffer));
  }
  run([...passes, 'update']);
  const [inPasses, inUpdate] = [run(passes), run(['update'])];
  loaded.free();
  return {
    case: `${preset}: operations of TensorFlow in a step`,
    ...{
      ours: inPasses + inUpdate,
      peer: inUpdate,
      peerName: 'those of the update phase',
      ratio: null,
      unit: 'operations',
    },
  };
}

const NAMES = { peerName: 'fused kernels', unit: 'ms', better: 'less' } as const;

export const update: Bench<{ device: string }> = {
  name: 'update',
  description: "LARC's norms and the update on GPUs: operations of TensorFlow against fused kernels, by arithmetic",
  options: [new Option('--device <name>', 'as auspex plan knows it').default('a100-40')],
  ratioMeans: 'Computed, not measured. A ratio below 1: fused kernels would be quicker.',
  run: async ({ device }) => {
    const rows: BenchRow[] = CASES.map((each) => rowOf(each, device));
    if (readStamp(placeOf('cpu'))) return [...rows, await countStep('400mf')];
    report("Operations of a whole step are not counted: 'auspex setup tensorflow' sets up what that needs.");
    return rows;
  },
};
