/** Reports of evaluations that have ended. */
import { ask, follow } from './connection.js';
import { byId, empty, h, table } from './dom.js';
import { count, time } from './format.js';
import { scoreOf } from './results.js';

const box = byId('reports');

follow('/api/events', {
  jobs: load,
  changed({ jobs }) {
    if (jobs.some(({ work, state }) => work === 'evaluation' && state === 'succeeded')) load();
  },
});

async function load() {
  try {
    const { evaluations } = await ask('/api/evaluations');
    box.replaceChildren(evaluations.length === 0 ? nothing() : report(evaluations));
  } catch (error) {
    box.replaceChildren(h('p', { class: 'problem' }, `The reports cannot be had: ${error.message}`));
  }
}

const nothing = () =>
  empty('No evaluation has ended yet. Submit one of kind evaluation, with a checkpoint and a folder of images.');

function report(evaluations) {
  const rows = evaluations.map(({ id, time: ended, result, asked }) => ({
    cells: [
      h('a', { href: `/jobs/${encodeURIComponent(id)}` }, id),
      asked?.protocol ?? result.kind,
      scoreOf(result),
      count(result.images),
      h('span', { class: 'path' }, asked?.checkpoint ?? '–'),
      h('span', { class: 'path' }, asked?.data ?? '–'),
      time(ended),
    ],
  }));
  const columns = [
    ['Evaluation'],
    ['Protocol'],
    ['Result, with 95 % interval'],
    ['Images', true],
    ['Checkpoint'],
    ['Data'],
    ['Ended', true],
  ];
  return table(columns, rows, 'reports');
}
