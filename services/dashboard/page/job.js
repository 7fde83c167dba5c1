/** The page of one job: what it does, how it goes, and what it left. */
import { ChartGroup } from './charts.js';
import { ask, follow } from './connection.js';
import { announce, bar, byId, empty, figures, h, setText, table } from './dom.js';
import { count, duration, figure, isActive, number, STATES, share, time } from './format.js';
import { factList, factsOf } from './results.js';
import { actorTree, layerCharts, layerTable, memoryTable, topicTable } from './vitals.js';

/** Lines of the log that stay on the page. */
const MOST_LINES = 300;

const id = decodeURIComponent(location.pathname.split('/').at(-1));
const resource = `/api/jobs/${encodeURIComponent(id)}`;
const inside = (section) => byId(section).querySelector(':scope > div');
const charts = new ChartGroup(byId('curves').querySelector('.charts'), 'steps');
const checkpoints = new ChartGroup(byId('checkpoints').querySelector('.charts'), 'checkpoints');
const layers = new ChartGroup(byId('layers').querySelector('.charts'), 'layers');
const known = { job: null, config: null, run: null, points: null, quality: null, latest: null, worlds: [] };
const evaluated = { charts: [], told: [], worse: null, jobs: [] };

setText(byId('title'), id);
// What scrolls has to be reached by the keyboard.
byId('log').querySelector('ol').tabIndex = 0;
document.title = `${id} – Auspex`;

const handlers = {
  run(data) {
    Object.assign(known, data);
    showHead();
    showCurves();
  },
  job(data) {
    const before = known.job;
    Object.assign(known, data);
    showProblem('');
    if (before && isActive(before) && !isActive(known.job)) announce(`The job ${STATES[known.job.state][1]}.`);
    showHead();
    showHistory();
    showLogHint();
  },
  curves(data) {
    Object.assign(known, data);
    showHead();
    showCurves();
  },
  points({ points, quality, latest }) {
    known.points = append(known.points, points);
    known.quality = append(known.quality, quality);
    known.latest = latest;
    showHead();
    showCurves();
  },
  evaluations(data) {
    const before = evaluated.worse;
    Object.assign(evaluated, data);
    if (before !== null && data.worse > before) announce(`Worse: ${worseOnes().at(-1).text}.`);
    showEvaluations();
  },
  children({ jobs }) {
    evaluated.jobs = jobs;
    showEvaluations();
  },
  vitals: showVitals,
  worlds({ worlds }) {
    known.worlds = worlds;
    showHistory();
  },
  lag(lag) {
    byId('topic').hidden = lag === null;
    if (lag) inside('topic').replaceChildren(topicTable([lag]));
  },
  log: showLog,
  problem: ({ message }) => showProblem(message),
};

follow(`${resource}/events`, handlers, () => ask(resource).catch(({ message }) => showProblem(message)));

function showProblem(message) {
  byId('problem').hidden = message === '';
  setText(byId('problem'), message);
  byId('state').hidden = known.job === null && message !== '';
}

/** Columns, the new ones after the old. */
function append(columns, fresh) {
  if (!fresh) return columns;
  return Object.fromEntries(
    Object.entries(fresh).map(([name, values]) => [name, [...(columns?.[name] ?? []), ...values]]),
  );
}

function showHead() {
  const { job, config, run, latest } = known;
  if (!job) return;
  setText(byId('kind'), job.work ?? 'Job');
  const [sign, word] = STATES[job.state];
  const reason = job.state === 'succeeded' ? '' : [job.code, job.message].filter(Boolean).join(': ');
  byId('state').className = `status ${job.state}`;
  byId('state').replaceChildren(
    h('span', { 'aria-hidden': 'true' }, `${sign} `),
    h('b', {}, word),
    ...(reason ? [`: ${reason}`] : []),
    ...facts(),
  );
  setText(
    byId('summary'),
    config ? `${config.architecture} on ${config.data ?? 'images'}, batches of ${count(config.batchSize)}` : '',
  );
  const step = latest ? Math.max(latest.step, job.step ?? 0) : job.step;
  showProgress(step, job);
  if (job.result) {
    byId('result').hidden = false;
    inside('result').replaceChildren(factList(factsOf(job.result)));
  }
  if (!latest) return;
  byId('figures').hidden = false;
  const { quality } = known;
  const last = (values) => values?.findLast((value) => value !== null);
  const seconds =
    job.state === 'running' && job.total
      ? ((job.total - step) * config?.batchSize) / latest.imagesPerSecond
      : Number.NaN;
  figures(byId('figures'), [
    ['Loss', figure(latest.loss), config ? `ln K is ${figure(Math.log(config.prototypes))}` : ''],
    ['Step', count(step), `epoch ${number(latest.epoch)}`],
    ['Images/s', number(latest.imagesPerSecond), `${share(latest.dataWaitShare)} waiting for images`],
    [
      'Time left',
      job.state === 'running' ? duration(seconds) : '–',
      run?.resumedFrom?.length ? `resumed ${run.resumedFrom.length} times` : '',
    ],
    ['Effective rank', figure(last(quality?.effectiveRank)), 'held-out images'],
    ['kNN accuracy', share(last(quality?.knnAccuracy)), 'held-out images'],
  ]);
}

function facts() {
  const { job, run } = known;
  const texts = [
    ` · attempt ${count(job.attempts)}`,
    ` · since ${time(job.created)}`,
    job.parent && [' · asked for by ', jobLink(job.parent)],
    run?.machine && ` · ${count(run.machine.processors)} processors`,
  ];
  return texts.filter(Boolean).flat();
}

function showProgress(step, { total, state }) {
  const box = byId('progress');
  if (!total) return box.replaceChildren();
  const done = (step ?? 0) / total;
  box.replaceChildren(
    h('p', { class: 'muted' }, `${count(step)} of ${count(total)}, ${share(done)}`),
    bar(done, { kind: state === 'running' || state === 'succeeded' ? 'value' : 'done' }),
  );
}

function showCurves() {
  const { points, quality, config, job } = known;
  if (!points) return;
  const isTraining = job === null || job.work === 'training';
  byId('curves').hidden = !isTraining;
  const hint = byId('curves').querySelector('.empty');
  hint.hidden = points.steps.length > 0;
  setText(hint, 'No step has been taken yet: curves appear with the first.');
  const lnK = config && { label: `ln K ${figure(Math.log(config.prototypes))}`, value: Math.log(config.prototypes) };
  const curve = (title, caption, line, more) => ({
    title,
    caption,
    xs: points.steps,
    line: line ?? [],
    noisy: true,
    ...more,
  });
  const measured = (title, caption, line, more) => ({
    title,
    caption,
    xs: quality.steps,
    line: line ?? [],
    marks: true,
    ...more,
  });
  const all = [
    curve('Loss', 'SwAV loss. At the dashed line, ln K, the model cannot tell one image from another.', points.loss, {
      reference: lnK,
    }),
    measured(
      'Effective rank',
      'How many directions the held-out embeddings fill. Near 1, they have collapsed.',
      quality.effectiveRank,
    ),
    measured('kNN accuracy', 'Held-out images classified by their nearest labelled neighbours.', quality.knnAccuracy, {
      share: true,
    }),
    curve('Prototype use', 'Entropy of the chosen prototypes. 100 % is perfectly even.', points.prototypeEntropy, {
      share: true,
    }),
    curve('Learning rate', 'Linear warm-up, then half a cosine.', points.learningRate, { noisy: false }),
    curve('Images per second', 'Images, not crops, over whole steps.', points.imagesPerSecond),
    curve('Gradient norm', 'L2 norm of all gradients, before LARC.', points.gradientNorm),
  ];
  charts.show(all.filter(({ line }) => line.some((value) => value !== null)));
}

const worseOnes = () => evaluated.told.filter(({ kind }) => kind === 'worse');

function showEvaluations() {
  const { charts: shown, told, jobs } = evaluated;
  const section = byId('checkpoints');
  section.hidden = told.length + jobs.length === 0;
  const list = section.querySelector('.worse');
  list.hidden = worseOnes().length === 0;
  list.replaceChildren(
    ...worseOnes()
      .toReversed()
      .map(({ text }) => h('li', {}, h('b', {}, '⚠ Worse: '), `${text}.`)),
  );
  const hint = section.querySelector('.empty');
  hint.hidden = shown.length > 0;
  setText(hint, 'No evaluation has finished yet: curves appear with the first.');
  checkpoints.show(shown.map(({ steps: xs, ...chart }) => ({ ...chart, xs })));
  const atWork = jobs.filter(isActive).map(({ id: job, state }) => [jobLink(job), ` (${STATES[state][1]})`]);
  const now = section.querySelector('.now');
  now.hidden = atWork.length === 0;
  now.replaceChildren('At work: ', ...atWork.flatMap((parts, i) => (i === 0 ? parts : [', ', ...parts])));
  const ended = told.filter(({ kind }) => kind === 'evaluation').toReversed();
  const details = section.querySelector('details');
  details.hidden = ended.length === 0;
  details.querySelector('div').replaceChildren(evaluationTable(ended, new Set(jobs.map((job) => job.id))));
}

/** What came of them, the newest first. */
function evaluationTable(ended, jobs) {
  const rows = ended.map(({ name, step, text, time: when }) => {
    const job = `${id}.${name}.${step}`;
    return {
      attributes: { class: text.startsWith('failed') ? 'warned' : null },
      cells: [jobs.has(job) ? jobLink(job, name) : name, count(step), text, time(when)],
    };
  });
  return table([['Evaluation'], ['Step', true], ['Came to'], ['When', true]], rows, 'came');
}

const jobLink = (job, text = job) => h('a', { href: `/jobs/${encodeURIComponent(job)}` }, text);

function showVitals(vitals) {
  for (const section of ['layers', 'memory', 'actors']) byId(section).hidden = vitals === null;
  if (!vitals) return;
  inside('memory').replaceChildren(...memoryTable(vitals));
  inside('actors').replaceChildren(...actorTree(vitals));
  layers.show(layerCharts(vitals, known.config?.larc ?? true));
  showLayerTable(vitals);
}

/** What is open stays open, and where it is scrolled to. */
function showLayerTable(vitals) {
  const box = byId('layers').querySelector('.table');
  if (!box.firstChild) {
    box.append(h('details', {}, h('summary', {}, `All ${count(vitals.layers.length)} layers as numbers`), h('div')));
    box.firstChild.addEventListener('toggle', () => box.vitals && fill());
  }
  box.vitals = vitals;
  const fill = () => box.querySelector('details > div').replaceChildren(layerTable(box.vitals));
  if (box.firstChild.open) fill();
}

function showHistory() {
  const { events = [], worlds } = known;
  byId('history').hidden = events.length + worlds.length === 0;
  const rows = [
    ...events.map((event) => [event.time, event.kind, describe(event)]),
    ...worlds.map((world) => [world.time, ...describeWorld(world)]),
  ];
  rows.sort(([one], [other]) => (one < other ? 1 : -1));
  inside('history').replaceChildren(
    rows.length === 0
      ? empty('Nothing yet.')
      : table(
          [['When'], ['What'], ['Details']],
          rows.slice(0, 60).map(([when, what, details]) => ({
            attributes: what === 'worse' ? { class: 'warned' } : {},
            cells: [time(when), what === 'worse' ? '⚠ worse' : what, details],
          })),
          'history',
        ),
  );
}

function describe(event) {
  switch (event.kind) {
    case 'accepted':
      return event.parent ? `${event.work}, for ${event.parent}` : `${event.work}, from ${event.source}`;
    case 'queued':
      return `place ${count(event.position)}`;
    case 'started':
      return `attempt ${count(event.attempt)}${event.resumed ? ', going on with what was saved' : ''}`;
    case 'checkpoint':
      return `step ${count(event.step)}`;
    case 'failed':
      return `${event.code}: ${event.message}${event.willRetry ? ` (to be tried again at ${time(event.retryAt)})` : ''}`;
    case 'rejected':
      return `${event.code}: ${event.message}`;
    case 'worse':
      return event.text;
    case 'retrying':
      return `attempt ${count(event.attempt)}`;
    default:
      return '';
  }
}

function describeWorld(world) {
  if (world.kind === 'began')
    return ['ranks began', `world ${world.world}, from step ${count(world.step)}: ${world.ranks.join(', ')}`];
  return ['ranks ended', `world ${world.world}, at step ${count(world.step)}: ${world.reason}`];
}

function showLog({ lines, reset }) {
  const list = byId('log').querySelector('ol');
  const isAtEnd = list.scrollHeight - list.scrollTop - list.clientHeight < 24;
  if (reset) list.replaceChildren();
  list.append(...lines.map(logLine));
  while (list.children.length > MOST_LINES) list.firstChild.remove();
  if (isAtEnd || reset) list.scrollTop = list.scrollHeight;
  showLogHint();
}

function showLogHint() {
  const list = byId('log').querySelector('ol');
  const hint = byId('log').querySelector('.empty');
  byId('log').hidden = known.job === null;
  list.hidden = list.children.length === 0;
  hint.hidden = !list.hidden;
  setText(hint, 'The job’s process has printed nothing that was kept.');
}

function logLine({ time: when, level, message, attempt }) {
  const about = attempt === null ? '' : `attempt ${attempt}`;
  return h(
    'li',
    { class: level },
    h('span', { class: 'when', title: about }, when ? time(when) : ''),
    level !== 'info' && h('b', {}, `${level} `),
    h('span', {}, message),
  );
}
