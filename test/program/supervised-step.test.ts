/** The step of a fine-tuning: its loss and update against plain arithmetic, five steps against PyTorch, and its passes. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { readSafetensors, type TensorSource, writeSafetensors } from '../../checkpoints/safetensors.ts';
import { packageRoot } from '../../kernels/addon.ts';
import { CompiledProgram, type Executor } from '../../kernels/executor.ts';
import { regnetTrunk } from '../../model/regnet.ts';
import { fitBudget } from '../../program/memory-budget.ts';
import type { Program } from '../../program/program.ts';
import { SUPERVISED, type SupervisedStepSpec, supervisedStep } from '../../program/supervised-step.ts';
import { withRecompute } from '../../program/training-step.ts';
import { isPersistent } from '../../program/values.ts';
import { relativeL2 } from '../golden/fixture.ts';
import { onEveryExecutor } from '../kernels/executors.ts';
import { temporaryFolder } from '../training/tiny-training.ts';
import { integer, normals, seed, uniform } from './random.ts';
import { allocate, builderOf, execute, oneOperation, readAll, run } from './tiny-program.ts';

/** Of four stages, as timm wants it. */
const TRUNK = { depth: 5, w0: 16, wa: 16, wm: 1.7, groupWidth: 8 };
const SIZE = 48;
const CLASSES = 5;

function spec(overrides: Partial<SupervisedStepSpec> = {}): SupervisedStepSpec {
  return {
    name: 'small supervised step',
    trunk: regnetTrunk(TRUNK),
    classifier: { classes: CLASSES, batchNorm: false },
    form: 'softmax',
    grid: { images: 8, height: SIZE, width: SIZE },
    mean: [0.485, 0.456, 0.406],
    deviation: [0.229, 0.224, 0.225],
    precision: 'f32',
    optimizer: { momentum: 0.9, weightDecay: 1e-2 },
    ...overrides,
  };
}

function cropsOf(random: () => number, images: number): Uint8Array {
  return Uint8Array.from({ length: images * SIZE * SIZE * 3 }, () => integer(random, 0, 255));
}

const rate = (value: number) => Float32Array.of(value, 0);

onEveryExecutor(`cross-entropy (seed ${seed})`, () => {
  const random = uniform(seed);
  const [rows, classes] = [integer(random, 9, 40), integer(random, 3, 20)];
  const scores = normals(random, rows * classes, 4);
  const row = (r: number) => [...scores.subarray(r * classes, (r + 1) * classes)];

  const lossAndGradient = async (form: 'softmax' | 'sigmoid', labels: Float32Array, of = scores, threads = 1) => {
    const shape = form === 'softmax' ? [rows] : [rows, classes];
    const inputs = { scores: [rows, classes], labels: shape };
    const forward = oneOperation('crossEntropy', { inputs, outputs: { loss: [1] }, attributes: { form } });
    const outputs = { scoresGradient: [rows, classes] };
    const backward = oneOperation('crossEntropyBackward', { inputs, outputs, attributes: { form } });
    const loss = (await execute(forward, { scores: of, labels }, { threads })).read('loss')[0]!;
    return { loss, gradient: (await execute(backward, { scores: of, labels }, { threads })).read('scoresGradient') };
  };

  it('of one class for each image is minus the logarithm of its softmax, and the gradient softmax - one hot', async () => {
    const labels = Float32Array.from({ length: rows }, () => integer(random, 0, classes - 1));
    const { loss, gradient } = await lossAndGradient('softmax', labels);
    const shares = [...labels.keys()].map((r) => {
      const powers = row(r).map((x) => Math.exp(x));
      const sum = powers.reduce((total, power) => total + power, 0);
      return powers.map((power) => power / sum);
    });
    const expected = shares.reduce((sum, share, r) => sum - Math.log(share[labels[r]!]!), 0) / rows;
    assert.ok(Math.abs(loss - expected) < 1e-5 * Math.abs(expected), `${loss} for ${expected}`);
    const wanted = shares.flatMap((share, r) => share.map((p, k) => (p - Number(k === labels[r])) / rows));
    assert.ok(relativeL2(gradient, Float32Array.from(wanted)) < 1e-5);
    const shared = await lossAndGradient('softmax', labels, scores, 3);
    assert.deepEqual(shared, { loss, gradient }, 'any number of threads');
  });

  it('of any number of classes is the mean over what is known', async () => {
    const labels = Float32Array.from({ length: rows * classes }, () => integer(random, -1, 1));
    const { loss, gradient } = await lossAndGradient('sigmoid', labels);
    const known = labels.filter((label) => label >= 0).length;
    const share = (x: number) => 1 / (1 + Math.exp(-x));
    const terms = [...scores].map((x, i) => -Math.log(labels[i] === 1 ? share(x) : share(-x)));
    const expected = terms.reduce((sum, term, i) => sum + (labels[i]! < 0 ? 0 : term), 0) / known;
    assert.ok(Math.abs(loss - expected) < 1e-5 * expected, `${loss} for ${expected}`);
    const wanted = scores.map((x, i) => (labels[i]! < 0 ? 0 : (share(x) - labels[i]!) / known));
    assert.ok(relativeL2(gradient, wanted) < 1e-5);
  });

  it('stays exact for scores whose exponential is none, and shows a NaN and a label that is no class', async () => {
    const large = scores.map((x) => x * 200);
    const labels = new Float32Array(rows);
    const { loss, gradient } = await lossAndGradient('softmax', labels, large);
    assert.ok(Number.isFinite(loss) && gradient.every(Number.isFinite));
    const ones = new Float32Array(rows * classes).fill(1);
    assert.ok(Number.isFinite((await lossAndGradient('sigmoid', ones, large)).loss));
    for (const form of ['softmax', 'sigmoid'] as const) {
      const given = form === 'softmax' ? labels : ones;
      assert.ok(Number.isNaN((await lossAndGradient(form, given, scores.with(1, Number.NaN))).loss), form);
    }
    for (const label of [-1, classes, Number.NaN]) {
      assert.ok(Number.isNaN((await lossAndGradient('softmax', labels.with(2, label))).loss), `${label}`);
    }
  });
});

onEveryExecutor(`sgd of a fine-tuning (seed ${seed})`, () => {
  for (const nesterov of [false, true]) {
    it(`${nesterov ? "with Nesterov's momentum" : 'plain'}, and without decay where there is to be none`, async () => {
      const random = uniform(seed + 1);
      const [length, momentum, weightDecay] = [37, 0.9, 0.05];
      const names = ['decays', 'stays'];
      const net = builderOf('sgd');
      const each = (prefix: string, role: 'parameter' | 'input' | 'momentum') =>
        names.map((name) => net.value({ name: `${prefix} ${name}`, role, shape: [length] }));
      const [parameters, gradients, momenta] = [each('w', 'parameter'), each('g', 'input'), each('m', 'momentum')];
      const input = (name: string, shape: number[]) => net.value({ name, role: 'input', shape });
      const [ratios, control, applied] = [input('ratios', [2, 2]), input('control', [2]), input('applied', [1])];
      net.emit('sgd', {
        inputs: { gradients, ratios, control, applied },
        outputs: {},
        updates: { parameters, momenta },
        attributes: { momentum, weightDecay, nesterov, freezable: [], undecayed: [1] },
      });
      const executor = allocate(net.program());
      const settings = { ratios: Float32Array.of(1, 1, 1, 1), control: rate(0.1), applied: Float32Array.of(1) };
      const w = names.map(() => normals(random, length));
      const m = names.map(() => new Float64Array(length));
      for (const [i, name] of names.entries()) executor.write(`w ${name}`, w[i]!);
      const expected = w.map((values) => Float64Array.from(values));
      for (let step = 0; step < 3; step++) {
        const g = names.map(() => normals(random, length));
        await run(executor, { ...settings, 'g decays': g[0]!, 'g stays': g[1]! });
        for (const [i, values] of expected.entries()) {
          for (let c = 0; c < length; c++) {
            const force = g[i]![c]! + (i === 0 ? weightDecay * values[c]! : 0);
            m[i]![c] = momentum * m[i]![c]! + force;
            values[c] = values[c]! - 0.1 * (nesterov ? force + momentum * m[i]![c]! : m[i]![c]!);
          }
        }
      }
      for (const [i, name] of names.entries()) {
        assert.ok(relativeL2(executor.read(`w ${name}`), Float32Array.from(expected[i]!)) < 1e-6, name);
      }
    });
  }
});

describe(`supervised step (seed ${seed})`, () => {
  const temporary = temporaryFolder();
  after(() => temporary.remove());

  /** Some steps from given first values; what can be read at the end. */
  async function steps(executor: Executor, count: number, of: SupervisedStepSpec): Promise<number[]> {
    const random = uniform(seed + 2);
    executor.initialise(5);
    const losses: number[] = [];
    for (let step = 0; step < count; step++) {
      const { images } = of.grid;
      const length = of.form === 'softmax' ? images : images * of.classifier.classes;
      const most = of.form === 'softmax' ? of.classifier.classes - 1 : 1;
      const labels = Float32Array.from({ length }, () => integer(random, 0, most));
      const crops = cropsOf(random, images);
      await run(executor, { [SUPERVISED.crops]: crops, [SUPERVISED.labels]: labels, [SUPERVISED.control]: rate(0.01) });
      losses.push(executor.read(SUPERVISED.loss)[0]!);
    }
    return losses;
  }

  it('computes the same bits however it is recomputed, and within a budget', async () => {
    for (const precision of ['f32', 'bf16'] as const) {
      const each = spec({ precision, classifier: { classes: CLASSES, batchNorm: true } });
      const whole = supervisedStep(each);
      const units = regnetTrunk(TRUNK).blocks.map(({ name }) => name);
      const workspaceOf = (program: Program) => new CompiledProgram(program, { threads: 1 }).workspaceBytes;
      const { totalBytes } = fitBudget(whole, Number.POSITIVE_INFINITY, workspaceOf);
      const budgeted = fitBudget(whole, Math.floor(totalBytes * 0.97), workspaceOf);
      assert.ok(budgeted.totalBytes < totalBytes);
      const variants = [whole, withRecompute(whole, { groups: [['stem'], units] }), budgeted.program];
      const results: ReturnType<typeof readAll>[] = [];
      for (const program of variants) {
        const executor = allocate(program);
        await steps(executor, 2, each);
        results.push(readAll(executor));
      }
      for (const result of results.slice(1)) assert.deepEqual(result, results[0], precision);
    }
  });

  it('learns any number of classes for each image', async () => {
    const each = spec({ form: 'sigmoid', optimizer: { momentum: 0.9, weightDecay: 0 } });
    const executor = allocate(supervisedStep(each));
    executor.initialise(5);
    const random = uniform(seed + 3);
    const crops = cropsOf(random, each.grid.images);
    const labels = Float32Array.from({ length: each.grid.images * CLASSES }, () => integer(random, -1, 1));
    const losses: number[] = [];
    for (let step = 0; step < 30; step++) {
      await run(executor, { [SUPERVISED.crops]: crops, [SUPERVISED.labels]: labels, [SUPERVISED.control]: rate(0.3) });
      losses.push(executor.read(SUPERVISED.loss)[0]!);
    }
    assert.ok(losses.at(-1)! < 0.5 * losses[0]!, losses.join(' '));
  });

  it('changes nothing where the loss is no number', async () => {
    const each = spec();
    const executor = allocate(supervisedStep(each));
    await steps(executor, 1, each);
    const kept = () =>
      new Map(executor.program.values.filter(isPersistent).map(({ name }) => [name, executor.read(name)]));
    const before = kept();
    const labels = new Float32Array(each.grid.images).fill(CLASSES);
    const crops = cropsOf(uniform(seed), each.grid.images);
    await run(executor, { [SUPERVISED.crops]: crops, [SUPERVISED.labels]: labels, [SUPERVISED.control]: rate(1) });
    assert.equal(executor.read(SUPERVISED.applied)[0], 0);
    assert.deepEqual(kept(), before);
  });

  for (const [title, optimizer, batchNorm] of [
    ['momentum, decay of all', { momentum: 0.9, weightDecay: 0.5 }, false],
    ["Nesterov's momentum, no decay of vectors, batch norm before the classifier", NESTEROV(), true],
  ] as const) {
    it(`agrees with five steps of PyTorch: ${title}`, async function () {
      // Python takes its time to import where the machine is busy.
      this.timeout(300_000);
      const python = process.env['AUSPEX_PYTHON'] ?? path.join(packageRoot, 'bench', '.python', 'bin', 'python');
      if (!hasTimm(python)) {
        this.test!.title += ` (pending: ${python} has no timm, torch and safetensors; AUSPEX_PYTHON names another)`;
        this.skip();
      }
      const each = spec({ optimizer, classifier: { classes: CLASSES, batchNorm } });
      const executor = allocate(supervisedStep(each));
      executor.initialise(5);
      const first = weightsOf(executor);
      const random = uniform(seed + 4);
      const batches = Array.from({ length: 5 }, () => ({
        crops: cropsOf(random, each.grid.images),
        labels: Float32Array.from({ length: each.grid.images }, () => integer(random, 0, CLASSES - 1)),
      }));
      // So low that roundings do not grow, and a decay so large that it shows.
      const rates = [0.005, 0.005, 0.002, 0.002, 0.001];
      const losses: number[] = [];
      for (const [step, { crops, labels }] of batches.entries()) {
        const control = rate(rates[step]!);
        await run(executor, { [SUPERVISED.crops]: crops, [SUPERVISED.labels]: labels, [SUPERVISED.control]: control });
        losses.push(executor.read(SUPERVISED.loss)[0]!);
      }

      const [input, output] = ['input', 'output'].map((name) => path.join(temporary.path, `${name}.safetensors`));
      const tensors = new Map<string, TensorSource>(first);
      const { images } = each.grid;
      for (const [step, { crops, labels }] of batches.entries()) {
        tensors.set(`crops${step}`, { dtype: 'U8', shape: [images, SIZE, SIZE, 3], data: crops });
        tensors.set(`labels${step}`, f32([images], labels));
      }
      tensors.set('mean', f32([3], Float32Array.from(each.mean)));
      tensors.set('std', f32([3], Float32Array.from(each.deviation)));
      await writeSafetensors(input!, tensors);
      const script = path.join(import.meta.dirname, 'fine_tune_by_torch.py');
      const settings = JSON.stringify({
        ...TRUNK,
        classes: CLASSES,
        batchNorm,
        rates,
        nesterov: false,
        vectorsUndecayed: false,
        ...optimizer,
      });
      const { status, stderr } = spawnSync(python, [script, settings, input!, output!], { encoding: 'utf8' });
      assert.equal(status, 0, stderr);
      const theirs = readSafetensors(output!);
      const numbers = (name: string) => new Float32Array(Uint8Array.from(theirs.get(name)!.data).buffer);
      const distance = relativeL2(Float32Array.from(losses), numbers('losses'));
      assert.ok(distance < 1e-4, `losses: ${losses} for ${numbers('losses')}`);
      for (const [name, { data }] of weightsOf(executor)) {
        const own = new Float32Array(Uint8Array.from(data as Uint8Array).buffer);
        // Biases that start at 0 have moved by little.
        const off = relativeL2(own, numbers(name));
        assert.ok(off < 1e-3, `${name}: relative L2 ${off}`);
      }
    });
  }
});

function NESTEROV() {
  return { momentum: 0.9, weightDecay: 0.5, nesterov: true, vectorsUndecayed: true };
}

function f32(shape: number[], values: Float32Array): TensorSource {
  return { dtype: 'F32', shape, data: new Uint8Array(values.slice().buffer) };
}

/** Parameters and running statistics. */
function weightsOf(executor: Executor): Map<string, TensorSource> {
  const kept = executor.program.values.filter(({ role }) => role === 'parameter' || role === 'state');
  return new Map(kept.map(({ name, shape }) => [name, f32([...shape], executor.read(name))]));
}

let known: boolean | undefined;

/** Looked at once: it takes seconds. */
function hasTimm(python: string): boolean {
  known ??= canImport(python);
  return known;
}

function canImport(python: string): boolean {
  if (path.isAbsolute(python) && !existsSync(python)) return false;
  return spawnSync(python, ['-c', 'import timm, torch, safetensors']).status === 0;
}
