/** The first page: all jobs, as they are at this moment. */
import { follow } from './connection.js';
import { announce, bar, byId, figures, h, setText } from './dom.js';
import { count, figure, isActive, number, STATES, time } from './format.js';
import { topicTable } from './vitals.js';

const body = byId('jobs').tBodies[0];
const jobs = new Map();
const rows = new Map();
const filter = byId('filter');

const FILTERS = {
  all: () => true,
  active: isActive,
  ended: (job) => !isActive(job),
  failed: ({ state }) => state === 'failed' || state === 'rejected',
};

follow('/api/events', {
  jobs(data) {
    jobs.clear();
    for (const row of rows.values()) row.remove();
    rows.clear();
    for (const job of data.jobs.toReversed()) show(job);
    summarise(data.counts);
  },
  changed(data) {
    for (const job of data.jobs) {
      const before = jobs.get(job.id);
      if (before && job.worse && job.worse !== before.worse) announce(`Job ${job.id}, worse: ${job.worse}.`);
      if (before && isActive(before) && !isActive(job)) announce(`Job ${job.id} ${STATES[job.state][1]}.`);
      show(job);
    }
    summarise(data.counts);
  },
  topics: ({ topics }) => byId('topics').replaceChildren(topicTable(topics)),
});

filter.addEventListener('change', applyFilter);

function show(job) {
  jobs.set(job.id, job);
  const row = rows.get(job.id) ?? newRow(job.id);
  const [, state, progress, loss, speed, attempts, news] = row.cells;
  row.dataset.state = job.state;
  setText(row.querySelector('.kind'), `${job.work ?? 'not accepted'}${job.parent ? ` for ${job.parent}` : ''}`);
  const [sign, word] = STATES[job.state];
  setText(state.querySelector('.sign'), sign);
  setText(state.querySelector('.word'), word);
  const problem = job.state === 'succeeded' ? '' : [job.code, job.message].filter(Boolean).join(': ');
  const worse = state.querySelector('.worsened');
  worse.hidden = !job.worse;
  setText(worse, job.worse ? `⚠ worse: ${job.worse}` : '');
  setText(state.querySelector('.reason'), problem);
  const done = job.total ? job.step / job.total : null;
  progress.replaceChildren(
    ...(done === null
      ? [h('span', { class: 'muted' }, '–')]
      : [
          h('span', {}, `${count(job.step)} of ${count(job.total)}`),
          bar(done, { kind: isActive(job) ? 'value' : 'done' }),
        ]),
  );
  setText(loss, figure(job.loss));
  setText(speed, job.state === 'running' ? number(job.imagesPerSecond) : '–');
  setText(attempts, count(job.attempts));
  setText(news, time(job.time));
}

function newRow(id) {
  const row = h(
    'tr',
    {},
    h('th', { scope: 'row' }, h('a', { href: `/jobs/${encodeURIComponent(id)}` }, id), h('span', { class: 'kind' })),
    h(
      'td',
      { class: 'state' },
      h('span', { class: 'sign', 'aria-hidden': 'true' }),
      ' ',
      h('span', { class: 'word' }),
      h('span', { class: 'reason' }),
      h('span', { class: 'worsened' }),
    ),
    h('td', { class: 'progress' }),
    h('td', { class: 'number loss', 'data-label': 'loss' }),
    h('td', { class: 'number speed', 'data-label': 'images/s' }),
    h('td', { class: 'number attempts', 'data-label': 'attempts' }),
    h('td', { class: 'number news', 'data-label': 'last news' }),
  );
  rows.set(id, row);
  body.prepend(row);
  return row;
}

function summarise(counts) {
  figures(byId('counts'), [
    ['Running', count(counts.running), 'processes at work'],
    ['Waiting', count(counts.queued + counts.waiting), `${count(counts.waiting)} to try again`],
    ['Succeeded', count(counts.succeeded), 'trainings and evaluations'],
    ['Failed', count(counts.failed), `${count(counts.rejected)} more not accepted`],
    ['Cancelled', count(counts.cancelled), 'by request'],
  ]);
  applyFilter();
}

function applyFilter() {
  const isShown = FILTERS[filter.value];
  let shown = 0;
  for (const [id, row] of rows) {
    row.hidden = !isShown(jobs.get(id));
    shown += row.hidden ? 0 : 1;
  }
  byId('jobs').hidden = shown === 0;
  byId('jobs-empty').hidden = shown > 0;
  const none = 'No jobs yet. Submit one with auspex submit job.yaml, and it appears here.';
  setText(byId('jobs-empty'), jobs.size === 0 ? none : `None of ${count(jobs.size)} jobs is shown by this choice.`);
}
