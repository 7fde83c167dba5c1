/**
 * Figure 3: which units a step computes, and what it gathers and reduces meanwhile. Drawn from a trace, so that a plan and a step that
 * was measured (`auspex profile --trace`) look alike: the whole step, and below it some units of the forward pass enlarged.
 */
import { scaleLinear } from 'd3-scale';
import type { Trace, TraceEvent } from '../../training/profile/trace.ts';
import { type Html, html } from '../../training/run-page/html.ts';
import { COLOURS, legend, picture } from './picture.ts';

type Stretch = Extract<TraceEvent, { ph: 'X' }>;

const WIDTH = 1000;
const LEFT = 116;
const RIGHT = 36;
const PHASES = {
  forward: COLOURS.sky,
  recompute: COLOURS.purple,
  backward: COLOURS.blue,
  update: COLOURS.grey,
} as const;
const KINDS = {
  allGather: COLOURS.orange,
  reduceScatter: COLOURS.green,
  allReduce: COLOURS.red,
} as const;
const WAITING = '#eee';
/** Units of the forward pass that are enlarged. */
const ENLARGED = 6;

export function schedulePicture(title: string, trace: Trace): Html {
  const stretches = trace.traceEvents.filter((event): event is Stretch => event.ph === 'X');
  const units = stretches.filter(({ cat }) => cat === 'unit');
  const exchanges = stretches.filter(({ name }) => name in KINDS);
  const waits = stretches.filter(({ name }) => name === 'await');
  const end = Math.max(...stretches.map(({ ts, dur }) => ts + dur));
  const entries = [
    ...Object.entries(PHASES).map(([name, colour]) => ({ name, colour })),
    ...Object.entries(KINDS).map(([name, colour]) => ({ name, colour })),
    { name: 'waiting', colour: WAITING },
  ];
  const shown = { units, exchanges, waits };
  return picture(
    WIDTH,
    330,
    title,
    html`<text class="title" x="16" y="24">${title}</text>${legend(16, 46, entries)}
${panel('the whole step', shown, [0, end], 66)}${panel('some units of the forward pass', shown, enlarged(units, end), 200)}`,
  );
}

interface Shown {
  readonly units: readonly Stretch[];
  readonly exchanges: readonly Stretch[];
  readonly waits: readonly Stretch[];
}

/** From the middle of the forward pass on. */
function enlarged(units: readonly Stretch[], end: number): [number, number] {
  const forward = units.filter(({ name }) => name.endsWith(' forward'));
  const first = Math.max(0, Math.floor(forward.length / 3) - 1);
  const some = forward.slice(first, first + ENLARGED);
  if (some.length === 0) return [0, end];
  return [some[0]!.ts, some.at(-1)!.ts + some.at(-1)!.dur];
}

function panel(title: string, { units, exchanges, waits }: Shown, range: [number, number], top: number): Html {
  const x = scaleLinear()
    .domain(range)
    .range([LEFT, WIDTH - RIGHT]);
  const ticks = x.ticks(8);
  const row = (
    events: readonly Stretch[],
    y: number,
    colour: (event: Stretch) => string,
    name: (e: Stretch) => string,
  ) =>
    events.filter(({ ts, dur }) => ts + dur > range[0] && ts < range[1]).map((event) => box(event, x, y, colour, name));
  return html`<text x="16" y="${top + 14}">${title}</text>
<text class="muted" x="16" y="${top + 44}">computation</text><text class="muted" x="16" y="${top + 76}">communication</text>
${row(units, top + 28, phaseColour, (event) => event.name.replace(/ \w+$/, ''))}
${row(
  waits,
  top + 28,
  () => WAITING,
  () => '',
)}
${row(
  exchanges,
  top + 60,
  ({ name }) => KINDS[name as keyof typeof KINDS],
  ({ args }) => String(args['unit'] ?? ''),
)}
<line class="axis" x1="${LEFT}" x2="${WIDTH - RIGHT}" y1="${top + 92}" y2="${top + 92}"/>
${ticks.map((tick) => html`<text x="${x(tick).toFixed(1)}" y="${top + 107}" text-anchor="middle">${trimmed(tick / 1000)} ms</text>`)}`;
}

function phaseColour({ name }: Stretch): string {
  return PHASES[name.slice(name.lastIndexOf(' ') + 1) as keyof typeof PHASES] ?? COLOURS.grey;
}

function box(
  event: Stretch,
  x: ReturnType<typeof scaleLinear<number, number>>,
  y: number,
  colour: (event: Stretch) => string,
  name: (event: Stretch) => string,
): Html {
  const [from, to] = [Math.max(LEFT, x(event.ts)), Math.min(WIDTH - RIGHT, x(event.ts + event.dur))];
  const text = name(event);
  const fits = text !== '' && to - from > 7 * text.length;
  const fill = colour(event);
  const ink = fill === COLOURS.blue || fill === COLOURS.green || fill === COLOURS.red ? '#fff' : '#222';
  return html`<rect x="${from.toFixed(2)}" y="${y}" width="${Math.max(0.2, to - from).toFixed(2)}" height="26" fill="${fill}" stroke="#fff" stroke-width="${to - from > 4 ? 0.8 : 0}"><title>${event.name}</title></rect>
${fits ? html`<text x="${((from + to) / 2).toFixed(1)}" y="${y + 17}" text-anchor="middle" style="fill:${ink};font-size:11px">${text}</text>` : undefined}`;
}

function trimmed(value: number): string {
  return String(Number(value.toPrecision(6)));
}
