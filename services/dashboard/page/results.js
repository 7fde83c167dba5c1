/** What evaluations and trainings have found out, in words and numbers. */
import { bar, h } from './dom.js';
import { count, number, share } from './format.js';

/** One line about a result. */
export function describeResult(result) {
  switch (result?.kind) {
    case 'training':
      return `${count(result.steps)} steps, loss ${number(result.loss)}`;
    case 'features':
      return `features of ${count(result.images)} images, ${count(result.shape.at(-1))} numbers each`;
    case 'knn':
      return `${share(result.accuracy)} of ${count(result.images)} images of ${count(result.classes)} classes`;
    case 'metrics':
      return `${result.protocol}: ${figure(result.metrics[0])}`;
    default:
      return '–';
  }
}

function figure({ name, value, of }) {
  return [`${name} ${share(value)}`, ...Object.entries(of).map(([key, text]) => `${key} ${text}`)].join(', ');
}

/** An accuracy with its interval on a scale from 0 to 100 %. */
export function scoreOf(result) {
  if (result.kind === 'metrics') return scoreOnScale(result.metrics[0]);
  if (result.kind !== 'knn') return h('span', {}, describeResult(result));
  return scoreOnScale({ ...result, value: result.accuracy });
}

function scoreOnScale({ value, low, high }) {
  return h(
    'span',
    { class: 'score' },
    h('b', {}, share(value)),
    h('span', { class: 'muted' }, ` ${share(low)} to ${share(high)}`),
    bar(value, { low, high }),
  );
}

/** All that a result says, as pairs for a list. */
export function factsOf(result) {
  switch (result.kind) {
    case 'training':
      return [
        ['Steps', count(result.steps)],
        ['Loss', number(result.loss)],
        ['Checkpoint', result.checkpoint],
      ];
    case 'features':
      return [
        ['Images', count(result.images)],
        ['Shape', result.shape.join(' × ')],
        ['Skipped', count(result.skipped)],
        ['File', result.out],
      ];
    case 'metrics':
      return [
        ...result.metrics.map((metric) => [figure(metric), scoreOnScale(metric)]),
        ['Images', `${count(result.images)} of ${count(result.classes)} classes`],
        ['Skipped', count(result.skipped)],
        ['File', result.out],
      ];
    default:
      return [
        ['Accuracy', scoreOf(result)],
        ['Images', `${count(result.images)} of ${count(result.classes)} classes`],
        ['Neighbours', count(result.k)],
        ['Skipped', count(result.skipped)],
      ];
  }
}

export function factList(facts) {
  return h(
    'dl',
    { class: 'facts' },
    facts.map(([name, value]) => h('div', {}, h('dt', {}, name), h('dd', {}, value))),
  );
}
