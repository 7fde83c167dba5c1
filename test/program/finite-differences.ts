/** Gradients of a program compared with central differences of its own forward pass, through the executor. */
import assert from 'node:assert/strict';
import type { Executor } from '../../kernels/executor.ts';
import type { ProgramBuilder } from '../../program/builder.ts';
import { differentiate } from '../../program/differentiate.ts';
import type { Program } from '../../program/program.ts';
import { elements, type ValueId } from '../../program/values.ts';
import { normals, seed } from './random.ts';
import { allocate, builderOf, execute, randomContents, run, withOutputs } from './tiny-program.ts';

/** First step of the differences. Larger ones lose to curvature, smaller ones to f32. */
const STEP = 5e-3;

/** Times that the step is halved at most, where a batch norm of few pixels curves within a step. */
const HALVINGS = 3;

/** Bound on |difference - gradient . direction|, as a share of |gradient|; directions have one unit per element. */
const TOLERANCE = 2e-3;

const F32_EPSILON = 2 ** -24;

/** How far pre-activations stay from the kink of ReLU: what a difference moves them, and to spare. */
const KINK_MARGIN = 0.15;

export interface GradientCheck {
  /** Emits the forward operations; returns their end. Inputs called `constant...` are not differentiated. */
  readonly build: (net: ProgramBuilder) => ValueId;
  readonly pass: (program: Program) => Program;
  readonly random: () => number;
  /** Changes what the values start with. */
  readonly prepare?: (contents: Record<string, Float32Array>) => void;
  /** An input that is moved until no pre-activation of a ReLU is near 0; pre-activations must rise with it. */
  readonly awayFromKinks?: string;
  /** How many roundings of the end a difference may be off: more where normalisations magnify them. @default 20 */
  readonly roundings?: number;
}

/** Checks every parameter and input in one random direction each; returns the kinds of the backward operations. */
export async function checkGradients({ build, pass, random, ...options }: GradientCheck): Promise<Set<string>> {
  const net = builderOf('finite differences');
  const end = build(net);
  const { shape, grids, role } = net.program().values[end]!;
  const isLoss = role === 'output';
  const seeds = isLoss
    ? []
    : [{ value: end, gradient: net.value({ name: 'constant seed', role: 'input', shape, grids }) }];
  const forward = net.program();
  const contents = randomContents(forward, random);
  options.prepare?.(contents);
  if (options.awayFromKinks) await moveFromKinks(forward, contents, options.awayFromKinks);

  const inputs = forward.values.filter(({ name, role }) => role === 'input' && !name.startsWith('constant'));
  const { program, gradients } = differentiate(pass(forward), { seeds, inputs: inputs.map(({ id }) => id) });
  const executor = allocate(withOutputs(program, [end, ...gradients.values()]));
  const readEnd = () => executor.read(program.values[end]!.name);
  await run(executor, contents);
  const analytic = new Map([...gradients].map(([id, gradient]) => [id, executor.read(program.values[gradient]!.name)]));
  const weights = isLoss ? Float32Array.of(1) : contents['constant seed']!;
  const rounding = F32_EPSILON * Math.sqrt(readEnd().reduce((sum, y, i) => sum + (y * weights[i]!) ** 2, 0));

  for (const value of program.values) {
    const wanted = value.role === 'parameter' || inputs.includes(value);
    if (!wanted) continue;
    const gradient = analytic.get(value.id);
    assert.ok(gradient, `${value.name} has a gradient (seed ${seed})`);
    const direction = normals(random, elements(value));
    const along = dot(gradient, direction);
    const tolerance = TOLERANCE * Math.sqrt(dot(gradient, gradient));
    const roundings = (step: number) => ((options.roundings ?? 20) * rounding) / (2 * step);
    const { difference, step } = await romberg(
      (step) => objective(executor, contents, value.name, direction, step, weights, readEnd),
      (step) => Math.max(tolerance / 2, roundings(step)),
    );
    const bound = tolerance + roundings(step);
    assert.ok(
      Math.abs(difference - along) <= bound,
      `${value.name} [${value.shape}]: difference ${difference}, gradient ${along}, bound ${bound} (seed ${seed})`,
    );
  }
  return new Set(program.operations.filter(({ phase }) => phase === 'backward').map(({ kind }) => kind));
}

/**
 * Central differences of halved steps, combined so that with each halving the error is of two orders more, until two combinations
 * are as near to each other as `near` says for the step.
 */
async function romberg(
  at: (step: number) => Promise<number>,
  near: (step: number) => number,
): Promise<{ readonly difference: number; readonly step: number }> {
  const central = async (step: number) => ((await at(step)) - (await at(-step))) / (2 * step);
  let combined = [await central(STEP)];
  for (let halving = 1, step = STEP / 2; ; halving++, step /= 2) {
    const next = [await central(step)];
    for (const [order, coarse] of combined.entries()) {
      const gain = 4 ** (order + 1);
      next.push((gain * next[order]! - coarse) / (gain - 1));
    }
    const [difference, before] = [next.at(-1)!, next.at(-2)!];
    if (halving === HALVINGS || Math.abs(difference - before) <= near(step)) return { difference, step };
    combined = next;
  }
}

/** sum(weights * end) with one value moved along the direction. */
async function objective(
  executor: Executor,
  contents: Record<string, Float32Array>,
  name: string,
  direction: Float32Array,
  step: number,
  weights: Float32Array,
  readEnd: () => Float32Array,
): Promise<number> {
  const moved = contents[name]!.map((x, i) => x + step * direction[i]!);
  await run(executor, { ...contents, [name]: moved });
  return dot(readEnd(), weights);
}

function dot(a: Float32Array, b: Float32Array): number {
  return a.reduce((sum, x, i) => sum + x * b[i]!, 0);
}

async function moveFromKinks(forward: Program, contents: Record<string, Float32Array>, name: string): Promise<void> {
  const before = forward.operations.flatMap((operation) =>
    operation.kind === 'activation' && operation.attributes.activation === 'relu' ? [operation.inputs.input] : [],
  );
  const moving = contents[name]!;
  for (let attempt = 0; attempt < 100; attempt++) {
    const executor = await execute(withOutputs(forward, before), contents);
    let near = 0;
    for (const id of before) {
      for (const [i, z] of executor.read(forward.values[id]!.name).entries()) {
        if (Math.abs(z) >= KINK_MARGIN) continue;
        near += 1;
        moving[i]! += Math.sign(z || 1) * KINK_MARGIN;
      }
    }
    if (near === 0) return;
  }
  assert.fail(`no inputs away from the kinks were found (seed ${seed})`);
}
