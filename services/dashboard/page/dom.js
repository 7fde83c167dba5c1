/** Elements from plain data. Whatever is text is set as text: nothing that comes from elsewhere is ever read as HTML. */

export const byId = (id) => document.getElementById(id);

/** An element with attributes and children; children may be text, elements, arrays of them, or nothing. */
export function h(name, attributes = {}, ...children) {
  return fill(document.createElement(name), attributes, children);
}

/** The same within an SVG. */
export function svg(name, attributes = {}, ...children) {
  return fill(document.createElementNS('http://www.w3.org/2000/svg', name), attributes, children);
}

function fill(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (value !== undefined && value !== null && value !== false)
      element.setAttribute(name, value === true ? '' : value);
  }
  element.append(
    ...children.flat(Infinity).filter((child) => child !== undefined && child !== null && child !== false),
  );
  return element;
}

/** Sets a text only where it is another: who reads or selects it is not disturbed. */
export function setText(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

/** Says in a live region what a person who does not see the page should hear; seldom. */
export function announce(text) {
  setText(byId('news'), text);
}

export const empty = (text) => h('p', { class: 'empty' }, text);

/** A bar on a scale from 0 to 1; what it says stands as text beside it. */
export function bar(share, { mark, low, high, kind = 'value' } = {}) {
  const at = (value) => `${(100 * Math.min(1, Math.max(0, value))).toFixed(2)}%`;
  return svg(
    'svg',
    { class: 'bar', width: '100%', height: 14, 'aria-hidden': 'true' },
    svg('rect', { class: 'track', y: 4, height: 6, width: '100%', rx: 3 }),
    svg('rect', { class: kind, y: 4, height: 6, width: at(share), rx: 3 }),
    mark !== undefined && svg('line', { class: 'mark', x1: at(mark), x2: at(mark), y1: 0, y2: 14 }),
    low !== undefined && svg('line', { class: 'interval', x1: at(low), x2: at(high), y1: 7, y2: 7 }),
  );
}

/** A table of plain rows: the first cell of each is its heading. Columns are [title, is a number]. */
export function table(columns, rows, kind = '') {
  const cell = (value, i) =>
    i === 0
      ? h('th', { scope: 'row' }, value)
      : h('td', { class: columns[i][1] ? 'number' : null, 'data-label': columns[i][0] }, value);
  return h(
    'div',
    { class: 'scrolls' },
    h(
      'table',
      { class: kind },
      h(
        'thead',
        {},
        h(
          'tr',
          {},
          columns.map(([title, isNumber]) => h('th', { scope: 'col', class: isNumber ? 'number' : null }, title)),
        ),
      ),
      h(
        'tbody',
        {},
        rows.map(({ attributes = {}, cells }) => h('tr', attributes, cells.map(cell))),
      ),
    ),
  );
}

/** Key figures; the first is the headline. */
export function figures(list, entries) {
  const known = new Map([...list.children].map((entry) => [entry.dataset.name, entry]));
  for (const [name, value, detail] of entries) {
    let entry = known.get(name);
    if (!entry) {
      entry = h(
        'div',
        { 'data-name': name },
        h('dt', {}, name),
        h('dd', { class: 'value' }),
        h('dd', { class: 'detail' }),
      );
      list.append(entry);
    }
    known.delete(name);
    setText(entry.children[1], value);
    setText(entry.children[2], detail);
  }
  for (const entry of known.values()) entry.remove();
}
