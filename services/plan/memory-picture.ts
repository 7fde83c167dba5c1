/** Figure 4: memory of one rank over the time of a step, by what it holds; one panel for each way of recomputing. */
import { scaleLinear } from 'd3-scale';
import { MEMORY_KINDS, type MemoryKind, peakOf, sumOf } from '../../program/simulator/memory-timeline.ts';
import type { PlannedStep } from '../../training/plan/plan.ts';
import { type Html, html } from '../../training/run-page/html.ts';
import { COLOURS, legend, picture } from './picture.ts';

export interface MemoryPanel {
  readonly title: string;
  readonly planned: PlannedStep;
}

const WIDTH = 900;
const PANEL = 230;
const MARGIN = { left: 62, right: 18, top: 44, bottom: 42 };
const COLOUR_OF: Record<MemoryKind, string> = {
  kept: COLOURS.grey,
  gathered: COLOURS.blue,
  gradients: COLOURS.green,
  activations: COLOURS.orange,
  workspaces: COLOURS.purple,
  other: COLOURS.sky,
};

export function memoryPicture(title: string, panels: readonly MemoryPanel[]): Html {
  const most = Math.max(...panels.flatMap(({ planned }) => planned.memory.map(sumOf)));
  const longest = Math.max(...panels.map(({ planned }) => planned.run.seconds));
  const x = scaleLinear()
    .domain([0, longest])
    .range([MARGIN.left, WIDTH - MARGIN.right]);
  const used = MEMORY_KINDS.filter((kind) => panels.some(({ planned }) => planned.memory.some((use) => use[kind] > 0)));
  const entries = used.map((kind) => ({ name: kind, colour: COLOUR_OF[kind] }));
  const height = 56 + panels.length * PANEL;
  return picture(
    WIDTH,
    height,
    title,
    html`<text class="title" x="16" y="24">${title}</text>${legend(16, 46, entries)}
${panels.map((panel, i) => renderPanel(panel, 56 + i * PANEL, x, most, used))}`,
  );
}

type Scale = ReturnType<typeof scaleLinear<number, number>>;

function renderPanel(
  { title, planned }: MemoryPanel,
  top: number,
  x: Scale,
  most: number,
  kinds: readonly MemoryKind[],
): Html {
  const y = scaleLinear()
    .domain([0, most / 2 ** 30])
    .nice(5)
    .range([top + PANEL - MARGIN.bottom, top + MARGIN.top]);
  const bottom = y(0);
  const peak = peakOf(planned.memory);
  const [time, bytes] = [planned.run.computed[2 * peak]! || timeOf(planned, peak), sumOf(planned.memory[peak]!)];
  const { kind, unit, phase } = planned.program.operations[peak]!;
  const anchor = x(time) > WIDTH / 2 ? 'end' : 'start';
  const note = `peak ${(bytes / 2 ** 30).toFixed(1)} GiB, ${kind} of ${unit} (${phase})`;
  return html`<text x="16" y="${top + 24}">${title}</text>
${y.ticks(5).map(
  (
    tick,
  ) => html`<line class="grid" x1="${MARGIN.left}" x2="${WIDTH - MARGIN.right}" y1="${y(tick).toFixed(1)}" y2="${y(tick).toFixed(1)}"/>
<text x="${MARGIN.left - 6}" y="${(y(tick) + 4).toFixed(1)}" text-anchor="end">${tick} GiB</text>`,
)}
${kinds.map((_, i) => html`<path d="${area(planned, kinds.slice(0, kinds.length - i), x, y)}" fill="${COLOUR_OF[kinds[kinds.length - 1 - i]!]}"/>`)}
<line class="axis" x1="${MARGIN.left}" x2="${WIDTH - MARGIN.right}" y1="${bottom}" y2="${bottom}"/>
${x.ticks(8).map((tick) => html`<text x="${x(tick).toFixed(1)}" y="${bottom + 16}" text-anchor="middle">${tick}</text>`)}
<text x="${(WIDTH + MARGIN.left) / 2}" y="${bottom + 32}" text-anchor="middle" class="muted">seconds</text>
<circle cx="${x(time).toFixed(1)}" cy="${y(bytes / 2 ** 30).toFixed(1)}" r="3.5" fill="${COLOURS.red}"/>
<text x="${(x(time) + (anchor === 'end' ? -8 : 8)).toFixed(1)}" y="${(y(bytes / 2 ** 30) - 6).toFixed(1)}" text-anchor="${anchor}">${note}</text>`;
}

/** The area under the sum of some kinds, a step at each operation. */
function area({ memory, run }: PlannedStep, kinds: readonly MemoryKind[], x: Scale, y: Scale): string {
  const points: string[] = [];
  for (const [index, use] of memory.entries()) {
    const [begin, end] = [run.computed[2 * index]!, run.computed[2 * index + 1]!];
    if (end <= begin) continue;
    const level = y(kinds.reduce((sum, kind) => sum + use[kind], 0) / 2 ** 30).toFixed(1);
    points.push(`${x(begin).toFixed(1)},${level}`, `${x(end).toFixed(1)},${level}`);
  }
  const [first, last] = [points[0]!.split(',')[0], points.at(-1)!.split(',')[0]];
  return `M${first},${y(0)}L${points.join('L')}L${last},${y(0)}Z`;
}

/** When an operation that only starts communication comes to pass: with the next that computes. */
function timeOf({ run, memory }: PlannedStep, operation: number): number {
  for (let index = operation; index < memory.length; index++) {
    if (run.computed[2 * index + 1]! > 0) return run.computed[2 * index]!;
  }
  return run.seconds;
}
