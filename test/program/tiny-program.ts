/** Programs made by hand for tests, and their execution in one call. */
import type { Executor, ExecutorOptions } from '../../kernels/executor.ts';
import { ProgramBuilder } from '../../program/builder.ts';
import type { OperationKind, OperationOf } from '../../program/operations.ts';
import type { Program } from '../../program/program.ts';
import { elements, isPersistent, type Role, type Value, type ValueId } from '../../program/values.ts';
import { compileOnCurrent } from '../kernels/executors.ts';
import { normals } from './random.ts';

/** The shape of an f32 value, or all there is to say about it. */
type Draft = readonly number[] | Partial<Omit<Value, 'id'>>;

interface Operands<Kind extends OperationKind> {
  readonly inputs?: { readonly [Name in keyof OperationOf<Kind>['inputs']]?: Draft };
  readonly outputs?: { readonly [Name in keyof OperationOf<Kind>['outputs']]?: Draft };
  readonly updates?: { readonly [Name in keyof OperationOf<Kind>['updates']]?: Draft };
  readonly attributes?: OperationOf<Kind>['attributes'];
}

export function builderOf(name: string, options: Partial<ProgramBuilder['options']> = {}): ProgramBuilder {
  return new ProgramBuilder({ name, precision: 'f32', mode: 'train', ...options });
}

/** A program of one operation; its values are called like the operands. */
export function oneOperation<Kind extends OperationKind>(kind: Kind, operands: Operands<Kind>): Program {
  const builder = builderOf(kind);
  const create = (drafts: object = {}, role: Role) =>
    Object.fromEntries(
      Object.entries(drafts as Record<string, Draft>).map(([name, draft]) => [
        name,
        builder.value({ name, role, shape: [], ...('length' in draft ? { shape: draft } : draft) }),
      ]),
    );
  builder.emit(kind, {
    inputs: create(operands.inputs, 'input'),
    outputs: create(operands.outputs, 'output'),
    updates: create(operands.updates, 'state'),
    attributes: operands.attributes ?? {},
  } as Parameters<typeof builder.emit<Kind>>[1]);
  return builder.program();
}

/** The same program, in which these values can be read after a run. */
export function withOutputs(program: Program, kept: Iterable<ValueId>): Program {
  const ids = new Set(kept);
  const values = program.values.map((value) =>
    ids.has(value.id) && value.role === 'intermediate' ? { ...value, role: 'output' as const } : value,
  );
  return { ...program, values };
}

export type Contents = Readonly<Record<string, Float32Array | Uint8Array>>;

/**
 * Compiled and bound to memory, on the executor of the block (`onEveryExecutor`), or else on oneDNN; one thread unless asked
 * otherwise, so that tests run side by side.
 */
export function allocate(program: Program, options: ExecutorOptions = { threads: 1 }): Executor {
  return compileOnCurrent(program, options).allocate();
}

/** Writes the values, and runs once. */
export async function run(executor: Executor, contents: Contents): Promise<void> {
  for (const [name, numbers] of Object.entries(contents)) executor.write(name, numbers);
  await executor.run();
}

export async function execute(program: Program, contents: Contents, options?: ExecutorOptions): Promise<Executor> {
  const executor = allocate(program, options);
  await run(executor, contents);
  return executor;
}

/** Everything that can be read after a run, by name: outputs and what is kept for the next run. */
export function readAll(executor: Executor): Map<string, Float32Array> {
  const readable = executor.program.values.filter((value) => value.role === 'output' || isPersistent(value));
  return new Map(readable.map(({ name }) => [name, executor.read(name)]));
}

/**
 * Something sensible for every f32 value that a program expects from outside: parameters and states as they start, but with
 * scales and shifts that are not all the same, inputs normal.
 */
export function randomContents(program: Program, random: () => number): Record<string, Float32Array> {
  const contents: Record<string, Float32Array> = {};
  for (const value of program.values) {
    if (value.role === 'intermediate' || value.role === 'output' || value.dtype !== 'f32') continue;
    const count = elements(value);
    const { init } = value;
    if (value.role === 'momentum') contents[value.name] = new Float32Array(count);
    else if (init?.kind === 'constant') contents[value.name] = normals(random, count, 0.2).map((x) => x + init.value);
    else if (init?.kind === 'normal') contents[value.name] = normals(random, count, init.deviation);
    else contents[value.name] = normals(random, count, value.role === 'input' ? 1 : 0.2);
    if (value.name.endsWith('running_var')) contents[value.name] = contents[value.name]!.map((x) => Math.abs(x) + 0.1);
  }
  return contents;
}
