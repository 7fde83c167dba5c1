/**
 * A step as data: typed values and a list of operations in the order in which they run.
 *
 * Every pass (differentiate, fuse, recompute, plan memory) takes a program and returns a new one; executors only walk it.
 * Operations are described in operations.ts.
 */
import type { Operation } from './operations.ts';
import type { Value } from './values.ts';

export interface Program {
  readonly name: string;
  readonly values: readonly Value[];
  readonly operations: readonly Operation[];
}

export function valueNamed(program: Program, name: string): Value {
  const found = program.values.find((value) => value.name === name);
  if (!found) throw new Error(`program ${program.name} has no value ${name}`);
  return found;
}
