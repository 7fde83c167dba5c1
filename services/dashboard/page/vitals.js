/** How a training is: memory, actors, layers; and how far topics are read. */
import { bar, empty, h, table } from './dom.js';
import { bytes, count, number } from './format.js';

/** Resident memory of each process that computes, beside what was planned. */
export function memoryTable({ memory, processes }) {
  const planned = memory.arenaBytes + memory.persistentBytes;
  const largest = Math.max(planned, ...processes.map(({ residentBytes }) => residentBytes));
  const rows = processes.map(({ name, residentBytes, computes }) => ({
    cells: [
      name,
      computes ? bytes(planned) : 'not planned',
      bytes(residentBytes),
      bar(residentBytes / largest, { mark: computes ? planned / largest : undefined }),
    ],
  }));
  return [
    h(
      'p',
      { class: 'note' },
      `The plan is ${bytes(planned)} for every process that computes: ${bytes(memory.arenaBytes)} for what lives within a step, `,
      `${bytes(memory.persistentBytes)} for what is kept. In RAM are besides it Node, the addon, batches that wait, and the encoder of the `,
      'quality probe. The line marks the plan.',
    ),
    table([['Process'], ['Plan', true], ['In RAM', true], ['']], rows, 'memory'),
  ];
}

/** The actors of every process, as a tree of their names. */
export function actorTree({ processes }) {
  const all = processes.flatMap(({ actors }) => actors);
  if (all.length === 0) {
    return [empty('This training runs in one process, without actors. Trainings on several ranks show theirs here.')];
  }
  const rows = processes.flatMap(({ name, pid, actors }) => [
    {
      attributes: { class: 'process' },
      cells: [h('span', {}, name, ' ', h('span', { class: 'muted' }, `process ${pid}`)), '', '', '', ''],
    },
    ...actors.toSorted((one, other) => (one.path < other.path ? -1 : 1)).map(actorRow),
  ]);
  return [
    h(
      'p',
      { class: 'note' },
      'Messages that wait in an actor’s mailbox, the most that ever waited, and how many it takes before senders have to wait.',
    ),
    table([['Actor'], ['Mailbox', true], ['Peak', true], ['Handled', true], ['Restarts', true]], rows, 'actors'),
  ];
}

function actorRow({ path, mailboxDepth, mailboxPeak, mailboxCapacity, handled, restarts }) {
  const names = path.split('/');
  const depth = Math.min(4, names.length);
  return {
    attributes: { class: restarts > 0 ? 'warned' : null },
    cells: [
      h('span', { class: `level-${depth}` }, names.at(-1)),
      `${count(mailboxDepth)} of ${count(mailboxCapacity)}`,
      count(mailboxPeak),
      count(handled),
      restarts > 0 ? `⚠ ${count(restarts)}` : '0',
    ],
  };
}

/** Trust ratios of layers as a chart. */
export function layerCharts({ layers }, isScaled) {
  const name = (i) => layers[i]?.name ?? '';
  const chart = (title, caption, of) => ({
    ...{ title, caption, name, xs: layers.map((_, i) => i), line: layers.map((layer) => of(layer) || null) },
    ...{ dots: true, logarithmic: true },
  });
  const trust = 'LARC’s factor of the gradient, layer by layer from the first to the last. Those at 1 are not scaled.';
  return [
    chart(
      'Trust ratios',
      isScaled ? trust : 'LARC is switched off in this training: every layer has 1.',
      ({ trustRatio }) => trustRatio,
    ),
    chart(
      'Gradients beside weights',
      'Norm of a layer’s gradient over that of its weights.',
      ({ gradientNorm, weightNorm }) => (weightNorm > 0 ? gradientNorm / weightNorm : null),
    ),
  ];
}

export function layerTable({ layers }) {
  const rows = layers.map(({ name, trustRatio, weightNorm, gradientNorm }) => ({
    cells: [name, number(trustRatio), number(weightNorm), number(gradientNorm)],
  }));
  return table([['Layer'], ['Trust ratio', true], ['Weights', true], ['Gradient', true]], rows, 'layers');
}

/** Messages of topics that are not read yet. */
export function topicTable(topics) {
  const rows = topics.map(({ topic, lag, partitions, problem }) => ({
    attributes: { class: problem ? 'warned' : null },
    cells: [
      topic,
      lag === null ? (problem ? '⚠ unknown' : 'not known yet') : count(lag),
      problem ??
        partitions
          .map(({ partition, next, end }) => `${partition}: ${next === null ? '?' : count(next)} of ${count(end)}`)
          .join(', '),
    ],
  }));
  return table([['Topic'], ['Messages behind', true], ['Read, by partition']], rows, 'topics');
}
