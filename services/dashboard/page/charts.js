/**
 * Curves, drawn with uPlot as run pages draw them. One cursor runs through all charts of a group; when a chart has the focus, the arrow
 * keys, Home and End move it.
 */
import uPlot from '/page/uplot.js';
import { h, setText } from './dom.js';
import { count, number, share as percent } from './format.js';

const HEIGHT = 170;
const colour = (name) => () => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
/** Only so that the scale has room for intervals. */
const UNSEEN = { width: 0, points: { show: false } };
const darkness = matchMedia('(prefers-color-scheme: dark)');

/**
 * @typedef {object} Chart
 * @property {string} title
 * @property {string} caption
 * @property {number[]} xs
 * @property {(number | null)[]} line
 * @property {boolean} [noisy] the values are drawn faintly, and their moving average as the line
 * @property {{ low: (number | null)[], high: (number | null)[] }} [interval] between which values each point lies
 * @property {number[]} [worse] places on the x axis whose points got worse than they may
 * @property {{ label: string, value: number }} [reference]
 * @property {boolean} [marks] a mark at every point
 * @property {boolean} [dots] marks without a line between them
 * @property {boolean} [share] values are shares, to be written as per cent
 * @property {boolean} [logarithmic]
 * @property {(x: number) => string} [name] of a place on the x axis
 */

export class ChartGroup {
  #box;
  #group;
  #figures = new Map();

  constructor(box, group) {
    this.#box = box;
    this.#group = group;
    darkness.addEventListener('change', () => {
      for (const { plot } of this.#figures.values()) plot.redraw(false, true);
    });
  }

  /** Shows these charts, each known by its title. */
  show(charts) {
    const gone = new Map(this.#figures);
    for (const chart of charts) {
      const known = gone.get(chart.title);
      gone.delete(chart.title);
      if (known) known.update(chart);
      else this.#add(chart);
    }
    for (const [title, figure] of gone) {
      figure.remove();
      this.#figures.delete(title);
    }
  }

  #add(chart) {
    const figure = new Figure(this.#box, chart, this.#group, (step) => {
      for (const { plot } of this.#figures.values()) {
        plot.setCursor(step === null ? { left: -10, top: -10 } : { left: plot.valToPos(step, 'x'), top: 1 });
      }
    });
    this.#figures.set(chart.title, figure);
  }
}

class Figure {
  #chart;
  #element;
  #output;
  #box;
  #observer;

  constructor(parent, chart, group, moveAll) {
    this.#chart = chart;
    this.#output = h('output', { 'aria-live': 'off' });
    this.#box = h('div', { class: 'plot', tabindex: 0, role: 'img' });
    const caption = h('figcaption', {}, h('h3', {}, chart.title), this.#output);
    this.#element = h('figure', {}, caption, this.#box, h('p', {}, chart.caption));
    parent.append(this.#element);
    this.plot = new uPlot(this.#options(group), dataOf(chart), this.#box);
    this.#observer = new ResizeObserver(() => this.plot.setSize({ width: this.#box.clientWidth, height: HEIGHT }));
    this.#observer.observe(this.#box);
    this.#box.addEventListener('keydown', (event) => this.#onKey(event, moveAll));
    this.#box.addEventListener('blur', () => {
      this.#output.setAttribute('aria-live', 'off');
      moveAll(null);
    });
    this.#describe();
  }

  update(chart) {
    this.#chart = chart;
    this.plot.setData(dataOf(chart));
    this.#describe();
  }

  remove() {
    this.#observer.disconnect();
    this.plot.destroy();
    this.#element.remove();
  }

  #onKey(event, moveAll) {
    const { xs } = this.#chart;
    const end = xs.length - 1;
    const now = this.plot.cursor.idx ?? end;
    const stride = Math.max(1, Math.round(end / 50));
    const next = { ArrowLeft: now - stride, ArrowRight: now + stride, Home: 0, End: end }[event.key];
    if (next === undefined || end < 0) return;
    event.preventDefault();
    // Spoken only where somebody moves along the curve: what merely changes would never be silent.
    this.#output.setAttribute('aria-live', 'polite');
    moveAll(xs[Math.min(end, Math.max(0, next))]);
  }

  #format(value) {
    if (value === null || value === undefined) return '–';
    return this.#chart.share ? percent(value) : number(value);
  }

  /** With its interval, where it has one. */
  #formatAt(at) {
    const { line, interval } = this.#chart;
    const low = interval?.low[at];
    const range = typeof low === 'number' ? ` (${this.#format(low)} to ${this.#format(interval.high[at])})` : '';
    return this.#format(line[at]) + range;
  }

  #place(x) {
    return this.#chart.name ? this.#chart.name(x) : `step ${count(x)}`;
  }

  #showValue() {
    const { line, xs } = this.#chart;
    const at = this.plot.cursor.idx;
    const last = line.findLast((value) => value !== null);
    const isAt = at !== null && at !== undefined && at < xs.length;
    setText(
      this.#output,
      isAt ? `${this.#formatAt(at)} at ${this.#place(xs[at])}` : this.#chart.name ? '' : this.#format(last),
    );
  }

  #describe() {
    const { title, line, xs, reference, worse = [] } = this.#chart;
    const first = this.#format(line.find((value) => value !== null));
    const last = this.#format(line.findLast((value) => value !== null));
    const end = xs.length === 0 ? 'nothing yet' : `from ${first} to ${last}, up to ${this.#place(xs.at(-1))}`;
    this.#box.setAttribute(
      'aria-label',
      `${title}: ${end}${reference ? `; ${reference.label}` : ''}${worse.length > 0 ? `; worse than it may be at step ${worse.map(count).join(', ')}` : ''}. Arrow keys move along it.`,
    );
    this.#showValue();
  }

  #options(group) {
    const chart = this.#chart;
    const axis = { stroke: colour('--muted'), font: '11px system-ui, sans-serif', ticks: { show: false }, size: 26 };
    const tick = (x) => (x >= 1000 && !chart.name ? `${number(x / 1000)}k` : number(x));
    // Of a logarithmic scale only the powers of ten: one line for every digit would be all that one sees.
    const isDrawn = (value) => (!chart.logarithmic || Number.isInteger(Math.log10(value)) ? value : null);
    const dot = { show: true, size: 5, fill: colour('--accent') };
    return {
      width: this.#box.clientWidth,
      height: HEIGHT,
      padding: [8, 14, 0, 0],
      legend: { show: false },
      cursor: {
        y: false,
        drag: { x: false, y: false },
        sync: { key: group, scales: ['x', null] },
        points: { size: 7 },
      },
      scales: { x: { time: false }, y: chart.logarithmic ? { distr: 3 } : {} },
      axes: [
        { ...axis, grid: { show: false }, space: 60, values: (_, xs) => xs.map(tick) },
        {
          ...axis,
          grid: { stroke: colour('--hairline'), width: 1, filter: (_, values) => values.map(isDrawn) },
          size: 52,
          space: 28,
          values: (_, values) => values.map((value) => (value === null ? '' : this.#format(value))),
        },
      ],
      series: [
        {},
        { stroke: colour('--muted'), width: 1, dash: [5, 4], points: { show: false } },
        { stroke: colour('--faint'), width: 1, points: { show: false } },
        UNSEEN,
        UNSEEN,
        { width: 0, points: { show: true, size: 13, width: 2, stroke: colour('--warn'), fill: 'transparent' } },
        {
          stroke: colour('--accent'),
          width: chart.dots ? 0 : 2,
          spanGaps: true,
          points: chart.marks || chart.dots ? dot : { show: false },
        },
      ],
      hooks: {
        setCursor: [() => this.plot && this.#showValue()],
        drawAxes: [(plot) => drawIntervals(plot, this.#chart)],
      },
    };
  }
}

/** A line from end to end at each point, below the curve. */
function drawIntervals(plot, { xs, interval }) {
  if (!interval) return;
  const { ctx } = plot;
  ctx.save();
  ctx.strokeStyle = colour('--baseline')();
  ctx.lineWidth = 2 * devicePixelRatio;
  ctx.beginPath();
  xs.forEach((x, i) => {
    if (interval.low[i] === null) return;
    const left = plot.valToPos(x, 'x', true);
    ctx.moveTo(left, plot.valToPos(interval.low[i], 'y', true));
    ctx.lineTo(left, plot.valToPos(interval.high[i], 'y', true));
  });
  ctx.stroke();
  ctx.restore();
}

function dataOf({ xs, line, noisy, reference, interval, worse }) {
  const none = xs.map(() => null);
  const smooth = noisy ? movingAverage(line, Math.ceil(line.length / 60)) : line;
  const flagged = worse ? line.map((value, i) => (worse.includes(xs[i]) ? value : null)) : none;
  const back = [reference ? xs.map(() => reference.value) : none, noisy ? line : none];
  return [xs, ...back, interval?.low ?? none, interval?.high ?? none, flagged, smooth];
}

/** The mean of up to `2 * reach + 1` neighbours, fewer at the ends. */
function movingAverage(values, reach) {
  return values.map((_, i) => {
    const near = values.slice(Math.max(0, i - reach), i + reach + 1).filter((value) => value !== null);
    return near.length === 0 ? null : near.reduce((sum, value) => sum + value, 0) / near.length;
  });
}
