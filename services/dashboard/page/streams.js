/** Topics: how far they are read, and what the data monitor says is in them. */
import { ask, follow } from './connection.js';
import { bar, byId, empty, h, table } from './dom.js';
import { count, number, share, time } from './format.js';
import { topicTable } from './vitals.js';

/** Milliseconds between looks; a monitor writes every ten seconds. */
const LOOK_EVERY = 10_000;

const STATUS = {
  reading: 'reads what is in the topic',
  following: 'follows the topic',
  complete: 'complete: everything that was in the topic when it began',
  stopped: 'stopped before the end',
};

const box = byId('monitors');
let shown = '';

follow('/api/events', { topics: ({ topics }) => byId('topics').replaceChildren(topicTable(topics)) });
load();
setInterval(load, LOOK_EVERY);

async function load() {
  try {
    const { monitors } = await ask('/api/monitors');
    const text = JSON.stringify(monitors);
    if (text === shown) return;
    shown = text;
    box.replaceChildren(...(monitors.length === 0 ? [nothing()] : monitors.map(monitorView)));
  } catch (error) {
    shown = '';
    box.replaceChildren(h('p', { class: 'problem' }, `What the monitor says cannot be had: ${error.message}`));
  }
}

const nothing = () =>
  empty('No monitor is shown. Run auspex monitor --topic images --out DIR, and start the server with --monitor DIR.');

function monitorView({ number: index, topic, status, updatedAt, messages, sample, rates, labels, hasMap }) {
  return h(
    'article',
    { class: 'monitor' },
    h('h3', {}, topic),
    h(
      'p',
      { class: 'note' },
      `${STATUS[status] ?? status}, ${time(updatedAt)}. ${count(messages.images)} images in ${count(messages.read)} messages, `,
      `a sample of ${count(sample.size)}, ${number(rates.messagesPerSecond)} messages a second. `,
      h('a', { href: `/monitors/${index}` }, 'The whole page of the monitor'),
    ),
    hasMap &&
      h('img', {
        class: 'map',
        src: `/api/monitors/${index}/map.svg?at=${encodeURIComponent(updatedAt)}`,
        alt: 'Map of the world: countries by their share of the sample. The table of countries has the numbers.',
        width: 960,
        height: 468,
      }),
    h('div', { class: 'labels' }, labels.map(labelTable)),
  );
}

function labelTable({ label, values, unknown }) {
  const entries = [...values, ...(unknown.count > 0 ? [{ ...unknown, value: 'unknown' }] : [])];
  const largest = Math.max(1e-9, ...entries.map(({ high }) => high));
  const rows = entries.map(({ value, name, count: images, share: part, low, high }) => ({
    cells: [
      name ?? value,
      count(images),
      share(part),
      bar(part / largest, { low: low / largest, high: high / largest }),
    ],
  }));
  return h('div', {}, h('h4', {}, label), table([['Value'], ['Images', true], ['Share', true], ['']], rows, 'shares'));
}
