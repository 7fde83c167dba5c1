/** How a benchmark's rows are shown. */

import { table } from '../services/cli/output.ts';
import type { MachineDescription } from '../training/run/records.ts';
import type { BenchRow } from './bench.ts';

/** The rows as a table, their notes below it. */
export function rowsAsTable(rows: readonly BenchRow[], ratioMeans = 'A ratio above 1: ours is better.'): string {
  const header = ['case', 'ours', 'peer', 'ratio', 'unit', 'peer is'];
  const cells = rows.map((row) => [
    row.case,
    figure(row.ours),
    row.peer === null ? '-' : figure(row.peer),
    row.ratio === null ? '-' : `${row.ratio.toFixed(2)}x`,
    row.unit,
    row.peerName,
  ]);
  const notes = rows.filter(({ note }) => note).map((row) => `${row.case}: ${row.note}`);
  return [table([header, ...cells]), ratioMeans, ...notes].join('\n');
}

/** Four digits that matter, never an exponent. */
function figure(value: number): string {
  const decimals = Math.max(0, 3 - Math.floor(Math.log10(Math.abs(value) || 1)));
  return value.toFixed(decimals);
}

/** One line: processor, its instruction sets, and whether it multiplies bf16 by itself. */
export function machineLine(machine: MachineDescription & { readonly nativeBf16: boolean }): string {
  const { cpu, cpuFeatures, processors, nativeBf16 } = machine;
  const features = cpuFeatures.length > 0 ? cpuFeatures.join(' ') : 'no known vector extensions';
  return `${cpu}, ${processors} processors; ${features}; bf16 ${nativeBf16 ? 'native' : 'not native'}`;
}
