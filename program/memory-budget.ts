/**
 * Activation checkpoints for a memory budget (Sec. 3.3): raise the number of groups K until arena and persistent values fit.
 *
 * Unlike a measured rule, every candidate is planned to the byte before anything is allocated. Cheap candidates come first:
 *
 *     nothing recomputed < normalised maps < normalised maps and 2 groups < ... and as many groups as there are units
 */
import { splitActivations } from './activation-split.ts';
import { ProgramError } from './errors.ts';
import { type MemoryPlan, planMemory } from './memory-plan.ts';
import type { Program } from './program.ts';
import { activationsByUnit, recomputeGroups, recomputeNormalised, type UnitActivations } from './recompute.ts';

/** Workspace of each operation in bytes, as the executor needs it. May be costly: it is asked only where it decides. */
export type WorkspaceOf = (program: Program) => readonly number[];

export interface BudgetOptions {
  /** Whether normalised maps are made again in the backward pass. @default undefined: only if the budget asks for it */
  readonly normalised?: boolean;
  /** This many groups of units and no other number; 1 recomputes none. @default undefined: as few as will do */
  readonly groups?: number;
  /** No more groups than so many, where their number is not given. @default as many as there are units */
  readonly mostGroups?: number;
  /** The last pass over every candidate, which may be that of one rank of several. @default none */
  readonly finish?: (program: Program) => Program;
}

export interface FittedProgram {
  readonly program: Program;
  /** Contiguous units, in order; all but the last group are recomputed. One group: none is. */
  readonly groups: readonly (readonly string[])[];
  readonly normalised: boolean;
  readonly plan: MemoryPlan;
  /** All regions. */
  readonly totalBytes: number;
}

/** The smallest budget that would do, and the program that needs no more. */
export class BudgetError extends ProgramError<'BUDGET_TOO_SMALL'> {
  readonly smallestBytes: number;
  readonly smallest: FittedProgram;

  constructor(message: string, smallest: FittedProgram) {
    super('BUDGET_TOO_SMALL', message);
    this.smallestBytes = smallest.totalBytes;
    this.smallest = smallest;
  }
}

/**
 * The cheapest recomputation of a differentiated program with which it fits into the budget.
 * @param budgetBytes for all regions together.
 * @throws BudgetError that names the smallest budget that would do, and the operation at its peak.
 * @throws AuspexError INVALID_SPLIT if there are fewer units than `groups`.
 */
export function fitBudget(
  program: Program,
  budgetBytes: number,
  workspaceOf: WorkspaceOf,
  options: BudgetOptions = {},
): FittedProgram {
  const tooLarge: Candidate[] = [];
  for (const candidate of candidates(program, options)) {
    const fitted = candidate.leastBytes <= budgetBytes ? planned(candidate, workspaceOf) : undefined;
    if (fitted && fitted.totalBytes <= budgetBytes) return fitted;
    tooLarge.push(candidate);
  }
  throw budgetError(budgetBytes, smallest(tooLarge, workspaceOf));
}

/** A way of recomputing, and bytes that it needs at least: those alive at the peak, without workspaces. */
interface Candidate extends Pick<FittedProgram, 'program' | 'groups' | 'normalised'> {
  /** Without workspaces. */
  readonly plan: MemoryPlan;
  readonly leastBytes: number;
}

function* candidates(program: Program, options: BudgetOptions): Generator<Candidate> {
  const { normalised, groups, mostGroups = Number.POSITIVE_INFINITY, finish = (made) => made } = options;
  const plain = activationsByUnit(program);
  const cheap = normalised === false ? program : recomputeNormalised(program);
  const units = normalised === false ? plain : activationsByUnit(cheap);
  const [fewest, most] = groups === undefined ? [1, Math.min(units.length, mostGroups)] : [groups, groups];
  if (normalised !== true && fewest === 1) yield candidate(finish(program), false, evenGroups(plain, 1));
  for (let count = normalised === false ? Math.max(fewest, 2) : fewest; count <= most; count++) {
    const groups = evenGroups(units, count);
    if (count === 1) yield candidate(finish(cheap), normalised ?? true, groups);
    else yield candidate(finish(recomputed(program, normalised ?? true, groups)), normalised ?? true, groups);
  }
}

function recomputed(program: Program, normalised: boolean, groups: readonly (readonly string[])[]): Program {
  const grouped = recomputeGroups(program, groups);
  return normalised ? recomputeNormalised(grouped) : grouped;
}

function candidate(program: Program, normalised: boolean, groups: readonly (readonly string[])[]): Candidate {
  const plan = planMemory(program);
  const leastBytes = plan.peak.liveBytes + plan.persistentBytes + plan.sharedBytes;
  return { program, groups, normalised, plan, leastBytes };
}

/** So many groups of about equal activation bytes (eq. 3). */
function evenGroups(units: readonly UnitActivations[], count: number): string[][] {
  const bytes = units.map((unit) => unit.bytes);
  const { boundaries } = splitActivations(bytes, count);
  return [0, ...boundaries].map((start, group) => units.slice(start, boundaries[group]).map(({ unit }) => unit));
}

function planned(candidate: Candidate, workspaceOf: WorkspaceOf): FittedProgram {
  const { program, groups, normalised } = candidate;
  const workspaces = workspaceOf(program);
  const plan = workspaces.some((bytes) => bytes > 0) ? planMemory(program, workspaces) : candidate.plan;
  return { program, groups, normalised, plan, totalBytes: totalBytes(plan) };
}

/** Of all regions. */
export function totalBytes({ arenaBytes, persistentBytes, sharedBytes }: MemoryPlan): number {
  return arenaBytes + persistentBytes + sharedBytes;
}

/** The candidate that needs least; those that cannot be it are not planned in full. */
function smallest(all: readonly Candidate[], workspaceOf: WorkspaceOf): FittedProgram {
  const [first, ...others] = [...all].sort((a, b) => a.leastBytes - b.leastBytes);
  let best = planned(first!, workspaceOf);
  for (const other of others) {
    if (other.leastBytes >= best.totalBytes) break;
    const fitted = planned(other, workspaceOf);
    if (fitted.totalBytes < best.totalBytes) best = fitted;
  }
  return best;
}

function budgetError(budgetBytes: number, smallest: FittedProgram): BudgetError {
  const { program, groups, plan, totalBytes: least } = smallest;
  const { kind, unit, phase } = program.operations[plan.peak.operation]!;
  return new BudgetError(
    `${program.name} does not fit into ${budgetBytes} bytes: with the units in ${groups.length} group${groups.length === 1 ? '' : 's'} it needs ` +
      `${least}, the least of all ways tried (${plan.persistentBytes} for what is kept between steps, ` +
      `${plan.arenaBytes} for the step itself, most of it at ${kind} of ${unit} in the ${phase} pass). ` +
      `Give at least ${least} bytes, or make the batch or the crops smaller.`,
    smallest,
  );
}
