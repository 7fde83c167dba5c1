/** One rank of overlap.test.ts: starts exchanges, computes, and awaits them, while the last rank comes late. */
import { rankMain } from '../../../bench/rank-process.ts';
import type { CommunicatorOptions } from '../../../kernels/communicator.ts';
import { chooseNccl, visibleGpu } from '../../../kernels/tensorflow/device.ts';
import { isCommunication } from '../../../program/operations.ts';
import { builderOf } from '../../program/tiny-program.ts';
import { openTensorFlow, tensorFlowBuild } from '../executors.ts';

export interface OverlapArguments {
  readonly transport: CommunicatorOptions['transport'];
}

export interface OverlapResult {
  /** What was computed while the exchanges were under way, and of them. */
  readonly beside: number[];
  readonly whole: number[];
  readonly part: number[];
  readonly mean: number[];
  /** Of the first exchange on its own thread, and of the operation that was computed beside it. */
  readonly exchange: { readonly begin: number; readonly end: number };
  readonly computed: { readonly begin: number; readonly end: number };
  /** Seconds that the run in which they were awaited says it waited, and that exchanges took in both runs. */
  readonly awaiting: number;
  readonly communicating: number;
}

export const ELEMENTS = 1000;

/** Starts all three kinds, computes something else, awaits them, and computes of what they gave. */
function programOf(size: number) {
  const net = builderOf('overlap');
  const input = (name: string, shape: number[]) => net.value({ name, role: 'input', shape });
  const output = (name: string, shape: number[]) => net.value({ name, role: 'output', shape });
  const [shard, gradient, loss] = [input('shard', [1, ELEMENTS]), input('gradient', [size, 2]), input('loss', [1])];
  const [whole, part, mean] = [
    net.value({ name: 'whole', shape: [size, ELEMENTS] }),
    output('part', [2]),
    output('mean', [1]),
  ];
  const unit = (from: number, to: number) =>
    net.emit('l2Normalize', { inputs: { input: from }, outputs: { output: to }, updates: {}, attributes: {} });
  const base = { updates: {}, attributes: {} };
  net.emit('allGather', { inputs: { input: shard }, outputs: { output: whole }, ...base });
  net.emit('reduceScatter', {
    ...base,
    inputs: { input: gradient },
    outputs: { output: part },
    attributes: { scale: 0.5 },
  });
  net.emit('allReduce', {
    ...base,
    inputs: { input: loss },
    outputs: { output: mean },
    attributes: { scale: 1 / size },
  });
  unit(input('other', [1, 2]), output('beside', [1, 2]));
  const awaited = [
    [whole, shard],
    [gradient, part],
    [loss, mean],
  ]; // prettier-ignore
  for (const values of awaited) net.emit('await', { inputs: { values }, outputs: {}, ...base });
  unit(whole, output('rows', [size, ELEMENTS]));
  return net.program();
}

rankMain<OverlapArguments, OverlapResult>(async ({ rank, size, args, connect, meet }) => {
  // As the launcher does it: every rank sees its own GPU.
  process.env['CUDA_VISIBLE_DEVICES'] = visibleGpu(rank) ?? '';
  if (tensorFlowBuild === 'gpu') chooseNccl();
  const program = programOf(size);
  const device = await openTensorFlow();
  const communicator = await connect(4096, args);
  const executor = device.compile(program).allocate(communicator);
  executor.write('shard', new Float32Array(ELEMENTS).fill(rank + 1));
  executor.write(
    'gradient',
    new Float32Array(size * 2).map((_, at) => rank + at),
  );
  executor.write('loss', Float32Array.of(rank));
  executor.write('other', Float32Array.of(3, 4));
  const { operations } = program;
  const firstAwait = operations.findIndex(({ kind }) => kind === 'await');
  const computes = operations.findIndex((operation) => !isCommunication(operation));
  const toBegin = () => meet(new Uint8Array());

  // The last rank begins when the others' first run has ended: it would not, if an exchange held up what follows.
  if (rank === size - 1) await toBegin();
  const started = await executor.runTimed(0, firstAwait);
  const beside = [...executor.read('beside')];
  if (rank !== size - 1) await toBegin();
  const awaited = await executor.runTimed(firstAwait, operations.length);
  // Of the last rank, some may have been over when its first run ended.
  const exchanges = awaited.communicated.map((seconds, at) => seconds + started.communicated[at]!);
  const span = (of: Float64Array, index: number) => ({ begin: of[2 * index]!, end: of[2 * index + 1]! });
  const result = {
    ...{
      beside,
      whole: [...executor.read('rows')],
      part: [...executor.read('part')],
      mean: [...executor.read('mean')],
    },
    ...{ exchange: span(exchanges, 0), computed: span(started.computed, computes) },
    ...{ awaiting: awaited.awaiting, communicating: started.communicating + awaited.communicating },
  };
  communicator.close();
  return result;
});
