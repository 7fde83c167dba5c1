/**
 * A program as a listing that a person can read, or as data:
 *
 *     12  s1.b1  forward   convolution  input=trunk.stem.bn bf16[8960,32]@0 weight=... -> output=...  kernel=3 stride=2
 */
import type { MemoryPlan, Region } from './memory-plan.ts';
import type { Operation, Phase } from './operations.ts';
import type { Program } from './program.ts';
import { byteLength, type DType, elements, type Role, type ValueId } from './values.ts';

/** An operand with the value that it names. */
export interface DescribedOperand {
  readonly operand: string;
  readonly access: 'read' | 'created' | 'updated';
  readonly value: string;
  readonly role: Role;
  readonly dtype: DType;
  readonly shape: readonly number[];
  readonly bytes: number;
  /** Where it lies, in bytes; absent without a plan. */
  readonly offset?: number;
  readonly region?: Region;
}

export interface DescribedOperation {
  readonly index: number;
  readonly unit: string;
  readonly phase: Phase;
  readonly kind: string;
  readonly operands: readonly DescribedOperand[];
  readonly attributes: Readonly<Record<string, unknown>>;
}

export interface DescribedProgram {
  readonly name: string;
  readonly counts: { readonly operations: Readonly<Partial<Record<Phase, number>>>; readonly values: number };
  /** Learnt numbers. */
  readonly parameters: number;
  /** Absent without a plan. */
  readonly memory?: {
    readonly arenaBytes: number;
    readonly persistentBytes: number;
    /** Read by other ranks; 0 where there are none. */
    readonly sharedBytes: number;
    readonly peak: { readonly operation: number; readonly liveBytes: number };
  };
  readonly operations: readonly DescribedOperation[];
}

/** The program as plain data, fit for JSON. */
export function describeProgram(program: Program, plan?: MemoryPlan): DescribedProgram {
  const operations = program.operations.map((operation, index): DescribedOperation => {
    const { unit, phase, kind } = operation;
    const attributes = { ...operation.attributes };
    return { index, unit, phase, kind, operands: describeOperands(program, operation, plan), attributes };
  });
  const byPhase: Partial<Record<Phase, number>> = {};
  for (const { phase } of operations) byPhase[phase] = (byPhase[phase] ?? 0) + 1;
  const parameters = program.values.filter(({ role }) => role === 'parameter');
  return {
    name: program.name,
    counts: { operations: byPhase, values: program.values.length },
    parameters: parameters.reduce((sum, value) => sum + elements(value), 0),
    ...(plan && {
      memory: {
        arenaBytes: plan.arenaBytes,
        persistentBytes: plan.persistentBytes,
        sharedBytes: plan.sharedBytes,
        peak: { ...plan.peak },
      },
    }),
    operations,
  };
}

/** One line per operation under a few lines about the whole; with a plan, also where values lie, in bytes. */
export function printProgram(program: Program, plan?: MemoryPlan): string {
  const described = describeProgram(program, plan);
  const rows = described.operations.map(({ index, unit, phase, kind }) => [`${index}`, unit, phase, kind]);
  const widths = [0, 1, 2, 3].map((column) => Math.max(0, ...rows.map((row) => row[column]!.length)));
  const lines = described.operations.map((operation, index) => {
    const [number, ...words] = rows[index]!.map((cell, column) =>
      column === 0 ? cell.padStart(widths[0]!) : cell.padEnd(widths[column]!),
    );
    return [number, ...words, printOperands(operation), printAttributes(operation)].join('  ').trimEnd();
  });
  return [...header(described), '', ...lines].join('\n');
}

function header({ name, counts, parameters, memory, operations }: DescribedProgram): string[] {
  const phases = Object.entries(counts.operations).map(([phase, count]) => `${count} ${phase}`);
  const lines = [
    `${name}: ${operations.length} operations (${phases.join(', ')}), ${counts.values} values`,
    `parameters  ${exact(parameters)}`,
  ];
  if (!memory) return lines;
  const { arenaBytes, persistentBytes, sharedBytes, peak } = memory;
  const at = operations[peak.operation];
  return [
    ...lines,
    `persistent  ${exact(persistentBytes)} bytes`,
    `arena       ${exact(arenaBytes)} bytes`,
    ...(sharedBytes > 0 ? [`shared      ${exact(sharedBytes)} bytes`] : []),
    `peak        ${exact(peak.liveBytes)} bytes${at ? ` at operation ${at.index}, ${at.kind} of ${at.unit} (${at.phase})` : ''}`,
  ];
}

function describeOperands(program: Program, operation: Operation, plan?: MemoryPlan): DescribedOperand[] {
  const groups = [
    ['read', operation.inputs],
    ['updated', operation.updates],
    ['created', operation.outputs],
  ] as const;
  return groups.flatMap(([access, operands]) =>
    Object.entries(operands as Record<string, ValueId | readonly ValueId[] | undefined>).flatMap(([operand, ids]) =>
      [ids ?? []].flat().map((id) => {
        const { name: value, role, dtype, shape } = program.values[id]!;
        const bytes = byteLength(program.values[id]!);
        const place = plan && { offset: plan.offsets[id]!, region: plan.regions[id]! };
        return { operand, access, value, role, dtype, shape, bytes, ...place };
      }),
    ),
  );
}

/** Reads and updates, then an arrow and what is created. */
function printOperands({ operands }: DescribedOperation): string {
  const side = (created: boolean) => printSide(operands.filter(({ access }) => (access === 'created') === created));
  return [side(false), side(true)].filter((text) => text !== '').join(' -> ');
}

/** Operands of the same name are a list, of which the first and the last say enough. */
function printSide(operands: readonly DescribedOperand[]): string {
  const byName = new Map<string, DescribedOperand[]>();
  for (const operand of operands) byName.set(operand.operand, [...(byName.get(operand.operand) ?? []), operand]);
  return [...byName]
    .map(([name, list]) => {
      const [first, last] = [printValue(list[0]!), printValue(list.at(-1)!)];
      if (list.length === 1) return `${name}=${first}`;
      return `${name}=${list.length} values, ${exact(list.reduce((sum, { bytes }) => sum + bytes, 0))} bytes: ${first} ... ${last}`;
    })
    .join(' ');
}

/** name dtype[shape]@offset; +offset in the region of what outlives a run, ~offset in the one that other ranks read. */
function printValue({ value, dtype, shape, bytes, offset, region }: DescribedOperand): string {
  const at =
    offset === undefined ? '' : `@${region === 'arena' ? '' : region === 'shared' ? '~' : '+'}${offset}:${bytes}`;
  return `${value} ${dtype}[${shape.join(',')}]${at}`;
}

function printAttributes({ attributes }: DescribedOperation): string {
  return Object.entries(attributes)
    .map(([name, value]) => `${name}=${Array.isArray(value) ? `[${value.join(',')}]` : String(value)}`)
    .join(' ');
}

function exact(count: number): string {
  return count.toLocaleString('en');
}
