/**
 * The page's own script: draws the charts with uPlot. It is text because it runs in the reader's browser, not here.
 * One cursor runs through all charts; the arrow keys, Home and End move it when a chart has the focus.
 */
export const CLIENT_SCRIPT = `
(() => {
  'use strict';
  const charts = JSON.parse(document.getElementById('chart-data').textContent);
  const colour = (name) => () => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  const digits = new Intl.NumberFormat('en-GB', { maximumSignificantDigits: 3 });
  const counts = new Intl.NumberFormat('en-GB');
  const format = (chart, value) =>
    value == null
      ? '\\u2013'
      : chart.share
        ? digits.format(100 * value) + '\\u00a0%'
        : value !== 0 && Math.abs(value) < 1e-4
          ? value.toExponential(1)
          : digits.format(value);
  const tick = (step) => (step >= 1000 ? digits.format(step / 1000) + 'k' : digits.format(step));

  const plots = charts.map((chart, index) => {
    const box = document.getElementById('plot-' + index);
    const output = document.getElementById('value-' + index);
    const last = chart.line.findLast((value) => value !== null);
    const axis = { stroke: colour('--muted'), font: '11px system-ui, sans-serif', ticks: { show: false }, size: 26 };
    // Only so that the scale has room for intervals, which are drawn below the curve.
    const unseen = { width: 0, points: { show: false } };
    const drawIntervals = (plot) => {
      if (!chart.interval) return;
      const { ctx } = plot;
      ctx.save();
      ctx.strokeStyle = colour('--baseline')();
      ctx.lineWidth = 2 * devicePixelRatio;
      ctx.beginPath();
      chart.steps.forEach((step, i) => {
        if (chart.interval.low[i] == null) return;
        const x = plot.valToPos(step, 'x', true);
        ctx.moveTo(x, plot.valToPos(chart.interval.low[i], 'y', true));
        ctx.lineTo(x, plot.valToPos(chart.interval.high[i], 'y', true));
      });
      ctx.stroke();
      ctx.restore();
    };
    const grid = { stroke: colour('--hairline'), width: 1 };
    const series = [
      {},
      ...(chart.reference ? [{ stroke: colour('--muted'), width: 1, dash: [5, 4], points: { show: false } }] : []),
      ...(chart.raw ? [{ stroke: colour('--faint'), width: 1, points: { show: false } }] : []),
      ...(chart.interval ? [unseen, unseen] : []),
      ...(chart.worse ? [{ width: 0, points: { show: true, size: 13, width: 2, stroke: colour('--warn'), fill: 'transparent' } }] : []),
      {
        stroke: colour('--accent'),
        width: 2,
        spanGaps: true,
        points: { show: chart.marks, size: 5, fill: colour('--accent') },
      },
    ];
    const data = [
      chart.steps,
      ...(chart.reference ? [chart.steps.map(() => chart.reference.value)] : []),
      ...(chart.raw ? [chart.raw] : []),
      ...(chart.interval ? [chart.interval.low, chart.interval.high] : []),
      ...(chart.worse ? [chart.line.map((value, i) => (chart.worse.includes(chart.steps[i]) ? value : null))] : []),
      chart.line,
    ];
    const showValue = (plot) => {
      const at = plot.cursor.idx;
      output.textContent =
        at == null ? format(chart, last) : format(chart, chart.line[at]) + ' at ' + counts.format(chart.steps[at]);
    };
    const plot = new uPlot(
      {
        width: box.clientWidth,
        height: 170,
        padding: [8, 14, 0, 0],
        legend: { show: false },
        cursor: { y: false, sync: { key: 'steps', scales: ['x', null] }, points: { size: 7 } },
        scales: { x: { time: false } },
        axes: [
          { ...axis, grid: { show: false }, space: 60, values: (_, steps) => steps.map(tick) },
          { ...axis, grid, size: 46, space: 28, values: (_, values) => values.map((value) => format(chart, value)) },
        ],
        series,
        hooks: { setCursor: [showValue], drawAxes: [drawIntervals] },
      },
      data,
      box,
    );
    box.addEventListener('keydown', (event) => {
      const end = chart.steps.length - 1;
      const now = plot.cursor.idx ?? end;
      const stride = Math.max(1, Math.round(end / 50));
      const next = { ArrowLeft: now - stride, ArrowRight: now + stride, Home: 0, End: end }[event.key];
      if (next === undefined) return;
      event.preventDefault();
      const step = chart.steps[Math.min(end, Math.max(0, next))];
      for (const each of plots) each.setCursor({ left: each.valToPos(step, 'x'), top: 1 });
    });
    box.addEventListener('blur', () => {
      for (const each of plots) each.setCursor({ left: -10, top: -10 });
    });
    new ResizeObserver(() => plot.setSize({ width: box.clientWidth, height: 170 })).observe(box);
    return plot;
  });
  const redraw = () => plots.forEach((plot) => plot.redraw(false, true));
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', redraw);
})();
`;
