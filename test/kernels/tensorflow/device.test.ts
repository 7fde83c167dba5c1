/** What is TensorFlow's own: its thread, its tensors' lifetimes, and what it says when it cannot. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type Binding, loadBinding } from '../../../kernels/tensorflow/binding.ts';
import { endsAfter } from '../../../kernels/tensorflow/lifetimes.ts';
import { LoadedProgram } from '../../../kernels/tensorflow/loaded-program.ts';
import { EMISSIONS } from '../../../kernels/tensorflow/operations/table.ts';
import { placeOf } from '../../../kernels/tensorflow/place.ts';
import { Storage } from '../../../kernels/tensorflow/storage.ts';
import { Tensors } from '../../../kernels/tensorflow/tensors.ts';
import { creates, reads } from '../../../program/operations.ts';
import { STEP, withRecompute } from '../../../program/training-step.ts';
import { keepEnvironment } from '../../keep-environment.ts';
import { normals, seed, uniform } from '../../program/random.ts';
import { smallStep, stepContents } from '../../program/small-step.ts';
import { builderOf, oneOperation } from '../../program/tiny-program.ts';
import { hasTensorFlow, openTensorFlow } from '../executors.ts';

describe('TensorFlow: lifetimes', () => {
  const program = withRecompute(smallStep(), {});
  const ends = endsAfter(program);

  it('every intermediate value ends once, after the last operation that reads or makes it', () => {
    const seen = new Set<number>();
    for (const [index, ids] of ends.entries()) {
      for (const id of ids) {
        assert.equal(program.values[id]!.role, 'intermediate');
        assert.ok(!seen.has(id), `${program.values[id]!.name} ends once`);
        seen.add(id);
        const later = program.operations.slice(index + 1);
        assert.ok(!later.some((operation) => [...reads(operation), ...creates(operation)].includes(id)));
      }
    }
    const touched = program.operations.flatMap((operation) => [...reads(operation), ...creates(operation)]);
    const wanted = new Set(touched.filter((id) => program.values[id]!.role === 'intermediate'));
    assert.deepEqual(seen, wanted);
  });

  it('every kind of operation of a step is in the table', () => {
    for (const { kind } of program.operations) assert.equal(typeof EMISSIONS[kind], 'function');
  });
});

describe('TensorFlow: not set up', () => {
  const restoreEnvironment = keepEnvironment();
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'auspex-tensorflow-'));
    process.env['AUSPEX_TENSORFLOW'] = folder;
  });
  afterEach(() => {
    rmSync(folder, { recursive: true });
    restoreEnvironment();
  });

  it('is said with the command that helps', () => {
    assert.throws(() => loadBinding('cpu'), { code: 'TENSORFLOW_NOT_SET_UP', message: /'auspex setup tensorflow'/ });
    assert.throws(() => loadBinding('gpu'), { code: 'TENSORFLOW_NOT_SET_UP', message: /tensorflow --gpu'/ });
  });

  it('lies in one folder for each build and pair of versions', () => {
    assert.equal(placeOf('cpu').folder, path.join(folder, 'cpu-2.18.1-4.22.0'));
    assert.equal(placeOf('gpu', { XDG_CACHE_HOME: '/caches' }).folder, '/caches/auspex/tensorflow/gpu-2.18.1-4.22.0');
  });
});

(hasTensorFlow ? describe : describe.skip)(`TensorFlow: its thread (seed ${seed})`, () => {
  const program = withRecompute(smallStep({ precision: 'f32' }), {});

  async function started() {
    const executor = (await openTensorFlow()).compile(program).allocate();
    for (const [name, numbers] of Object.entries(stepContents(program, seed))) executor.write(name, numbers);
    return executor;
  }

  it('leaves the thread of JavaScript free while a program runs', async () => {
    const executor = await started();
    let ticks = 0;
    const timer = setInterval(() => ticks++, 1);
    await executor.run();
    clearInterval(timer);
    assert.ok(ticks > 5, `${ticks} ticks while a step ran`);
    executor.free();
  });

  it('ends a run before its next operation', async () => {
    const executor = await started();
    const abort = new AbortController();
    const reason = new Error('enough');
    setTimeout(() => abort.abort(reason), 5);
    await assert.rejects(executor.runUntil(abort.signal), (error) => error === reason);
    // It can be used again.
    for (const [name, numbers] of Object.entries(stepContents(program, seed))) executor.write(name, numbers);
    await executor.run();
    assert.equal(executor.read(STEP.applied)[0], 1);
    executor.free();
  });

  it('two programs of a process keep apart', async () => {
    const [one, other] = [await started(), await started()];
    await Promise.all([one.run(), other.run()]);
    assert.equal(one.read(STEP.loss)[0], other.read(STEP.loss)[0]);
    one.free();
    assert.equal(other.read(STEP.applied)[0], 1);
    other.free();
  });

  it('gives out memory to be filled, and keeps what was there', async () => {
    const executor = await started();
    await executor.run();
    const name = 'prototypes.weight';
    const before = executor.read(name);
    const bytes = executor.memory(name);
    assert.deepEqual(new Float32Array(bytes.buffer), before);
    new Float32Array(bytes.buffer)[0] = 7;
    assert.equal(executor.read(name)[0], 7);
    executor.write(name, Float32Array.of(8), 4);
    assert.deepEqual([...executor.read(name).subarray(0, 3)], [7, 8, before[2]]);
    executor.free();
  });

  it('names the operation and its values where TensorFlow refuses', async () => {
    const grids = [{ images: 1, height: 4, width: 4 }];
    const wrong = oneOperation('convolution', {
      inputs: { input: { shape: [16, 3], grids }, weight: [8, 2, 3, 3] },
      outputs: { output: { shape: [16, 8], grids } },
      attributes: { kernel: 3, stride: 1, groups: 1 },
    });
    const executor = (await openTensorFlow()).compile(wrong).allocate();
    const message = /convolution: .*input=input f32\[16,3\] weight=weight f32\[8,2,3,3\]/s;
    await assert.rejects(executor.run(), { code: 'TENSORFLOW_FAILED', message });
    executor.free();
  });

  it('refuses what needs other ranks where it has none', async () => {
    const device = await openTensorFlow();
    const gather = oneOperation('allGather', { inputs: { input: [2] }, outputs: { output: [4] } });
    const executor = device.compile(gather).allocate();
    await assert.rejects(executor.run(), { code: 'UNSUPPORTED_OPERATION', message: /other ranks.*one rank/ });
    executor.free();
  });
});

(hasTensorFlow ? describe : describe.skip)(`TensorFlow: tensors (seed ${seed})`, () => {
  // Not the thread that programs run on: this one counts what is left.
  let binding: Binding;
  before(() => {
    process.env['TF_CPP_MIN_LOG_LEVEL'] ??= '2';
    binding = loadBinding('cpu');
  });

  it('a step leaves what is kept, and no more with every step', () => {
    const program = withRecompute(smallStep({ precision: 'bf16' }), {});
    const t = new Tensors(binding);
    const loaded = new LoadedProgram(program, t, false);
    const contents = stepContents(program, seed);
    const counts: number[] = [];
    const before = binding.getNumOfTensors();
    for (let step = 0; step < 3; step++) {
      for (const { id, name } of program.values) {
        const numbers = contents[name];
        if (numbers && (step === 0 || name === STEP.crops)) loaded.write(id, new Uint8Array(numbers.slice().buffer));
      }
      loaded.run({ first: 0, end: program.operations.length, timed: false, isCancelled: () => false });
      counts.push(binding.getNumOfTensors());
    }
    assert.equal(counts[2], counts[1], `tensors after each step: ${counts}`);
    loaded.free();
    t.free();
    assert.equal(binding.getNumOfTensors(), before);
  });

  it('a part is cut out of its whole, and the whole is made of its parts', () => {
    const net = builderOf('parts');
    const whole = net.value({ name: 'whole', shape: [10] });
    const [front, back] = [
      net.value({ name: 'front', shape: [2, 2], view: { of: whole, byteOffset: 4 } }),
      net.value({ name: 'back', shape: [3], view: { of: whole, byteOffset: 24 } }),
    ];
    const t = new Tensors(binding);
    const storage = new Storage(net.program(), t);
    const numbers = normals(uniform(seed), 10);
    const write = (id: number, values: Float32Array) => storage.putBytes(id, new Uint8Array(values.slice().buffer));
    const read = (id: number) => [...new Float32Array(storage.bytes(id).buffer)];
    write(whole, numbers);
    assert.deepEqual(read(front), [...numbers.subarray(1, 5)]);
    assert.deepEqual(read(back), [...numbers.subarray(6, 9)]);
    write(back, Float32Array.of(1, 2, 3));
    assert.deepEqual(read(whole), [...numbers.subarray(0, 6), 1, 2, 3, numbers[9]]);
    assert.deepEqual(read(front), [...numbers.subarray(1, 5)]);
    write(front, Float32Array.of(4, 5, 6, 7));
    assert.deepEqual(read(whole), [numbers[0], 4, 5, 6, 7, numbers[5], 1, 2, 3, numbers[9]]);
    storage.free();
    t.free();
  });

  it('of parts that overlap, what was put last counts', () => {
    const net = builderOf('overlap');
    const whole = net.value({ name: 'whole', shape: [6] });
    const piece = net.value({ name: 'piece', shape: [4], view: { of: whole, byteOffset: 4 } });
    const rows = net.value({ name: 'rows', shape: [2, 2], view: { of: whole, byteOffset: 4 } });
    const last = net.value({ name: 'last', shape: [2], view: { of: whole, byteOffset: 12 } });
    const empty = net.value({ name: 'empty', shape: [0], view: { of: whole, byteOffset: 4 } });
    const t = new Tensors(binding);
    const storage = new Storage(net.program(), t);
    const write = (id: number, ...values: number[]) =>
      storage.putBytes(id, new Uint8Array(Float32Array.from(values).buffer));
    const read = (id: number) => [...new Float32Array(storage.bytes(id).buffer)];
    write(whole, 0, 1, 2, 3, 4, 5);
    write(empty);
    write(piece, 11, 12, 13, 14);
    assert.deepEqual(read(rows), [11, 12, 13, 14]);
    write(rows, 21, 22, 23, 24);
    assert.deepEqual(read(piece), [21, 22, 23, 24]);
    write(last, 33, 34);
    assert.deepEqual(read(rows), [21, 22, 33, 34]);
    assert.deepEqual(read(whole), [0, 21, 22, 33, 34, 5]);
    storage.free();
    t.free();
  });
});
