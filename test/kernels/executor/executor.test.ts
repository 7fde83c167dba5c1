/** What every executor promises: the same bits again, errors that say what to do, nothing changed by a failed step. */
import assert from 'node:assert/strict';
import type { Executor } from '../../../kernels/executor.ts';
import { STEP, withRecompute } from '../../../program/training-step.ts';
import type { Init } from '../../../program/values.ts';
import { relativeL2 } from '../../golden/fixture.ts';
import { seed } from '../../program/random.ts';
import { smallStep, stepContents } from '../../program/small-step.ts';
import { allocate, builderOf, execute, oneOperation, readAll, run } from '../../program/tiny-program.ts';
import { onEveryExecutor } from '../executors.ts';

onEveryExecutor(`executor: repeatable (seed ${seed})`, () => {
  /** Everything readable after some steps; the crops have to be written again for each. */
  async function afterSteps(steps: number, precision: 'f32' | 'bf16', threads: number, draw = seed) {
    // A bias before a normalisation has no gradient but rounding, which LARC would blow up: no normalisation in the head.
    const head = { widths: [24, 12], prototypes: 20 };
    const program = withRecompute(smallStep({ precision, head }), {});
    const executor = allocate(program, { threads });
    const contents = stepContents(program, draw);
    await run(executor, contents);
    for (let step = 1; step < steps; step++) {
      await run(executor, { crops: contents[STEP.crops]!, control: contents[STEP.control]! });
    }
    return readAll(executor);
  }

  for (const precision of ['f32', 'bf16'] as const) {
    for (const threads of [1, 2]) {
      it(`${precision}, ${threads} threads: two executors give the same bits`, async () => {
        assert.deepEqual(await afterSteps(2, precision, threads), await afterSteps(2, precision, threads));
      });
    }
  }

  it('one thread and two agree but for the order of sums', async () => {
    // After one step: another magnifies rounding by as much as the small batches of its norms happen to. Where rounding turns a sign at a
    // ReLU, a gradient comes or goes, which is seen in all before it: such a draw is rare, and most of seven are none.
    const worst: { name: string; distance: number }[] = [];
    for (let draw = 0; draw < 7; draw++) {
      const [one, two] = [await afterSteps(1, 'f32', 1, seed + draw), await afterSteps(1, 'f32', 2, seed + draw)];
      const distances = [...one].map(([name, expected]) => ({ name, distance: relativeL2(two.get(name)!, expected) }));
      worst.push(distances.sort((some, other) => other.distance - some.distance)[0]!);
    }
    worst.sort((some, other) => some.distance - other.distance);
    const { name, distance } = worst[3]!;
    assert.ok(distance <= 1e-5, `${name}: relative L2 ${distance} in the middle one of seven draws`);
  });
});

onEveryExecutor(`executor: first values (seed ${seed})`, () => {
  const COUNT = 200_000;
  function drawn(init: Init, from: number): Float32Array {
    const net = builderOf('first values');
    const weight = net.parameter('weight', [COUNT / 100, 100], init);
    const output = net.value({ name: 'output', role: 'output', shape: [1, COUNT / 100] });
    const input = net.value({ name: 'input', role: 'input', shape: [1, 100] });
    net.emit('linear', { inputs: { input, weight }, outputs: { output }, attributes: { factors: 'f32' } });
    const executor = allocate(net.program());
    executor.initialise(from);
    return executor.read('weight');
  }
  const share = (values: Float32Array, is: (value: number) => boolean) => values.filter(is).length / COUNT;

  it('normal: mean, and how many lie how far out', () => {
    const values = drawn({ kind: 'normal', deviation: 0.5 }, seed).map((value) => value / 0.5);
    const mean = values.reduce((sum, value) => sum + value) / COUNT;
    assert.ok(Math.abs(mean) <= 0.012, `mean ${mean}`);
    // Standard errors of the shares are below 0.0011.
    for (const [sigmas, expected] of [
      [0.5, 0.6171],
      [1, 0.3173],
      [2, 0.0455],
      [3, 0.0027],
    ] as const) {
      const found = share(values, (value) => Math.abs(value) > sigmas);
      assert.ok(Math.abs(found - expected) <= 0.006, `${found} beyond ${sigmas} deviations`);
    }
    assert.ok(share(values, (value) => Math.abs(value) > 3.5) > 0, 'the tails are there');
  });

  it('uniform: within its bound, equally often everywhere', () => {
    const values = drawn({ kind: 'uniform', bound: 0.25 }, seed);
    for (const begin of [-0.25, -0.125, 0, 0.125]) {
      const found = share(values, (value) => value >= begin && value < begin + 0.125);
      assert.ok(Math.abs(found - 0.25) <= 0.006, `${found} from ${begin} on`);
    }
  });

  it('another seed draws other values, the same seed the same', () => {
    const init: Init = { kind: 'normal', deviation: 1 };
    assert.deepEqual(drawn(init, seed), drawn(init, seed));
    assert.notDeepEqual(drawn(init, seed), drawn(init, seed + 1));
  });
});

describe('executor: the largest number that can be drawn', () => {
  const MASK = 2n ** 64n - 1n;
  const mix = (x: bigint) => {
    let mixed = (x + 0x9e3779b97f4a7c15n) & MASK;
    mixed = ((mixed ^ (mixed >> 30n)) * 0xbf58476d1ce4e5b9n) & MASK;
    mixed = ((mixed ^ (mixed >> 27n)) * 0x94d049bb133111ebn) & MASK;
    return mixed ^ (mixed >> 31n);
  };
  /** What `mix` makes the number of; factors are inverses modulo 2^64. */
  const unmix = (mixed: bigint) => {
    let x = mixed ^ (mixed >> 31n) ^ (mixed >> 62n);
    x = (x * 0x319642b2d24d8ec3n) & MASK;
    x = x ^ (x >> 27n) ^ (x >> 54n);
    x = (x * 0x96de1b173f119089n) & MASK;
    x = x ^ (x >> 30n) ^ (x >> 60n);
    return (x - 0x9e3779b97f4a7c15n) & MASK;
  };

  /** A name and the number of an element of it for which all bits are set that are looked at. */
  function largest(): { name: string; firstElement: number } {
    for (let i = 0; ; i++) {
      const name = `weight ${i}`;
      const key = Buffer.from(name).reduce((hash, byte) => mix(hash ^ BigInt(byte)), mix(0n));
      for (let low = 0n; low < 2n ** 11n; low++) {
        const element = (unmix(MASK - low) - key) & MASK;
        if (element < 2n ** 52n) return { name, firstElement: Number(element) };
      }
    }
  }

  it('makes a finite weight', () => {
    const { name: parameter, firstElement } = largest();
    const net = builderOf('first values');
    const weight = net.value({
      ...{ name: 'weight', role: 'parameter', shape: [1, 1] },
      ...{ init: { kind: 'normal', deviation: 1 }, piece: { parameter, firstElement } },
    });
    const [input, output] = (['input', 'output'] as const).map((name) =>
      net.value({ name, role: name, shape: [1, 1] }),
    );
    net.emit('linear', {
      inputs: { input: input!, weight },
      outputs: { output: output! },
      attributes: { factors: 'f32' },
    });
    const executor = allocate(net.program());
    executor.initialise(0);
    const [drawn] = executor.read('weight');
    assert.ok(drawn! > 8 && drawn! < 9, `${drawn}`);
  });
});

onEveryExecutor('executor: a step that is not finite', () => {
  it('changes nothing that is kept', async () => {
    const program = smallStep({ input: { dtype: 'f32' } });
    const contents = { ...stepContents(program, seed) };
    const executor = await execute(program, contents);
    const before = readAll(executor);
    const images = Float32Array.from(contents[STEP.images]!);
    images[7] = Number.NaN;
    await run(executor, { images, control: contents[STEP.control]! });
    assert.equal(executor.read(STEP.applied)[0], 0);
    for (const { name, role } of program.values) {
      if (role === 'parameter' || role === 'momentum' || role === 'state') {
        assert.deepEqual(executor.read(name), before.get(name), name);
      }
    }
  });
});

onEveryExecutor('executor: errors', (on) => {
  const program = oneOperation('add', {
    inputs: { left: [3, 4], right: [3, 4] },
    outputs: { output: [3, 4] },
  });
  const numbers = new Float32Array(12).fill(1);
  let executor: Executor;
  beforeEach(() => {
    executor = allocate(program);
  });

  it('an unknown value', () => {
    const error = { name: 'ExecutorError', code: 'UNKNOWN_VALUE', message: /program add has no value named outptu/ };
    assert.throws(() => executor.read('outptu'), error);
    assert.throws(() => executor.write('outptu', numbers), error);
  });

  it('a wrong size', () => {
    const code = 'WRONG_SIZE';
    assert.throws(() => executor.write('left', new Float32Array(11)), {
      code,
      message: /left is f32 \[3, 4\], 48 bytes; 44/,
    });
    assert.throws(() => executor.write('left', new Float32Array(13)), {
      code,
      message: /48 bytes; 52 bytes do not fit/,
    });
    assert.throws(() => executor.write('left', new Float32Array(4), 36), { code, message: /16 bytes from byte 36 on/ });
    assert.throws(() => executor.write('left', new Float32Array(4), -4), { code });
    assert.throws(() => executor.read('output', new Float32Array(11)), { code });
    assert.doesNotThrow(() => executor.write('left', new Float32Array(3), 36));
  });

  it('values that are not f32', () => {
    const images = oneOperation('normalizeImages', {
      inputs: { input: { dtype: 'u8', shape: [4, 3] } },
      outputs: { output: [4, 3] },
      attributes: { mean: [0, 0, 0], deviation: [1, 1, 1] },
    });
    assert.throws(() => allocate(images).read('input'), { code: 'WRONG_DTYPE', message: /input is u8/ });
  });

  it('reading, writing and running while a run is under way', async () => {
    executor.write('left', numbers);
    executor.write('right', numbers);
    const running = executor.run();
    const error = { code: 'PROGRAM_RUNNING', message: /await/ };
    assert.throws(() => executor.read('output'), error);
    assert.throws(() => executor.write('left', numbers), error);
    await assert.rejects(executor.run(), error);
    await running;
    assert.deepEqual(
      executor.read('output'),
      numbers.map((x) => 2 * x),
    );
  });

  if (on === 'oneDNN')
    it('a program that has no kernel names the operation and its values', () => {
      const wrong = oneOperation('batchNorm', {
        inputs: { input: [4, 3], mean: [3], variance: [3] },
        outputs: { output: [4, 3] },
        attributes: { epsilon: 1e-5, activation: 'sigmoid' },
      });
      assert.throws(() => allocate(wrong), /batchNorm: .*input=input.*activation sigmoid/);
    });
});
