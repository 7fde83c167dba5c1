/** A part of the acceptance on GPUs, and what came of it. */

/** What the machine has. */
export interface Machine {
  readonly gpus: number;
  /** Why there are none, if there are none. */
  readonly why: string;
  /** Whether NCCL and CUDA are a library in their place, named in AUSPEX_NCCL, as in the tests of this script. */
  readonly standIn: boolean;
}

export type Outcome =
  | { readonly kind: 'passed'; readonly lines: readonly string[] }
  | { readonly kind: 'failed'; readonly lines: readonly string[] }
  | { readonly kind: 'skipped'; readonly why: string };

export interface Part {
  readonly title: string;
  /** GPUs that it needs at least. */
  readonly gpus: number;
  /** Throws if what it finds is not as it should be. @returns what the report says */
  run(machine: Machine): Promise<Outcome>;
}

/** Runs a part where it can run. */
export async function outcomeOf(part: Part, machine: Machine): Promise<Outcome> {
  if (machine.gpus < part.gpus) {
    const needs = part.gpus === 1 ? 'a GPU' : `${part.gpus} GPUs`;
    return { kind: 'skipped', why: `it needs ${needs}, and there ${thereAre(machine.gpus)} (${machine.why})` };
  }
  try {
    return await part.run(machine);
  } catch (error) {
    return { kind: 'failed', lines: String(error instanceof Error ? error.message : error).split('\n') };
  }
}

function thereAre(gpus: number): string {
  if (gpus === 0) return 'is none';
  return gpus === 1 ? 'is one' : `are ${gpus}`;
}
