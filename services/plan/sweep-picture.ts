/** Plans of a sweep: days against device-hours, one mark each, and the front that nothing beats. */
import { scaleLinear, scaleLog } from 'd3-scale';
import type { SweepPoint } from '../../training/plan/sweep.ts';
import { type Html, html } from '../../training/run-page/html.ts';
import { COLOURS, legend, picture } from './picture.ts';

const WIDTH = 860;
const HEIGHT = 520;
const MARGIN = { left: 84, right: 24, top: 66, bottom: 52 };
const COLOUR_OF = { full: COLOURS.blue, host: COLOURS.orange, none: COLOURS.green } as const;
const NAME_OF = { full: 'sharded over all ranks', host: 'over the ranks of a host', none: 'not sharded' } as const;

/** @param points of which at least one is possible */
export function sweepPicture(title: string, points: readonly SweepPoint[]): Html {
  const possible = points.filter(({ plan }) => plan !== null);
  const x = scaleOf(
    possible.map(({ plan }) => plan!.days),
    [MARGIN.left, WIDTH - MARGIN.right],
  );
  const y = scaleOf(
    possible.map(({ plan }) => plan!.deviceHours),
    [HEIGHT - MARGIN.bottom, MARGIN.top],
  );
  const front = possible.filter(({ onFront }) => onFront).toSorted((a, b) => a.plan!.days - b.plan!.days);
  const at = ({ plan }: SweepPoint) => `${x(plan!.days).toFixed(1)},${y(plan!.deviceHours).toFixed(1)}`;
  const shardings = [...new Set(possible.map(({ sharding }) => sharding))];
  const entries = shardings.map((sharding) => ({ name: NAME_OF[sharding], colour: COLOUR_OF[sharding] }));
  return picture(
    WIDTH,
    HEIGHT,
    title,
    html`<text class="title" x="16" y="24">${title}</text>${legend(16, 46, entries)}
${ticksOf(x).map(
  (
    tick,
  ) => html`<line class="grid" x1="${x(tick).toFixed(1)}" x2="${x(tick).toFixed(1)}" y1="${MARGIN.top}" y2="${HEIGHT - MARGIN.bottom}"/>
<text x="${x(tick).toFixed(1)}" y="${HEIGHT - MARGIN.bottom + 17}" text-anchor="middle">${tick.toLocaleString('en')}</text>`,
)}
${ticksOf(y).map(
  (
    tick,
  ) => html`<line class="grid" x1="${MARGIN.left}" x2="${WIDTH - MARGIN.right}" y1="${y(tick).toFixed(1)}" y2="${y(tick).toFixed(1)}"/>
<text x="${MARGIN.left - 7}" y="${(y(tick) + 4).toFixed(1)}" text-anchor="end">${tick.toLocaleString('en')}</text>`,
)}
<text x="${(WIDTH + MARGIN.left) / 2}" y="${HEIGHT - 12}" text-anchor="middle">days</text>
<text transform="translate(18,${HEIGHT / 2}) rotate(-90)" text-anchor="middle">device-hours</text>
${possible.map((point) => html`<circle cx="${x(point.plan!.days).toFixed(1)}" cy="${y(point.plan!.deviceHours).toFixed(1)}" r="3" fill="${COLOUR_OF[point.sharding]}" fill-opacity="0.45"><title>${nameOf(point)}</title></circle>`)}
<polyline points="${front.map(at).join(' ')}" fill="none" stroke="${COLOURS.red}" stroke-width="1.5"/>
${front.map((point) => html`<circle cx="${x(point.plan!.days).toFixed(1)}" cy="${y(point.plan!.deviceHours).toFixed(1)}" r="5" fill="${COLOUR_OF[point.sharding]}" stroke="${COLOURS.red}" stroke-width="1.5"><title>${nameOf(point)}</title></circle>`)}
${labelled(front, x, y).map((point) => html`<text x="${x(point.plan!.days).toFixed(1)}" y="${(y(point.plan!.deviceHours) + 20).toFixed(1)}" text-anchor="middle" style="font-size:11px">${nameOf(point)}</text>`)}`,
  );
}

type Scale = ReturnType<typeof scaleLog<number, number>>;

function scaleOf(values: readonly number[], range: [number, number]): Scale {
  return scaleLog()
    .domain([Math.min(...values) / 1.15, Math.max(...values) * 1.15])
    .range(range);
}

/** 1, 2 and 5 of each decade within; where those are too few, some more. */
function ticksOf(scale: Scale): number[] {
  const [low, high] = scale.domain() as [number, number];
  const first = Math.floor(Math.log10(low));
  const decades = Array.from({ length: Math.ceil(Math.log10(high)) - first + 1 }, (_, i) => 10 ** (first + i));
  const ticks = decades
    .flatMap((decade) => [decade, 2 * decade, 5 * decade])
    .map((tick) => Number(tick.toPrecision(1)))
    .filter((tick) => tick >= low && tick <= high);
  return ticks.length >= 3 ? ticks : scaleLinear().domain([low, high]).ticks(5);
}

/** Those of the front that leave each other room. */
function labelled(front: readonly SweepPoint[], x: Scale, y: Scale): SweepPoint[] {
  const at = ({ plan }: SweepPoint) => [x(plan!.days), y(plan!.deviceHours)] as const;
  const isFree = (one: SweepPoint, other: SweepPoint) =>
    Math.abs(at(one)[0] - at(other)[0]) > 165 || Math.abs(at(one)[1] - at(other)[1]) > 15;
  const chosen: SweepPoint[] = [];
  for (const point of front) if (chosen.every((other) => isFree(point, other))) chosen.push(point);
  return chosen;
}

function nameOf({ world, batchPerRank, precision, plan }: SweepPoint): string {
  return `${world} x ${batchPerRank}, ${precision}${plan!.groups === 1 ? '' : `, ${plan!.groups} groups`}`;
}
