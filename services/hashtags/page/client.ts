/**
 * The page's own script: draws the points and as many names as find room, and moves the plane under them. It is text because it runs in the
 * reader's browser, not here. Wheel, two fingers, + and - zoom; dragging and arrows move; Escape lets go of what is chosen.
 */
export const CLIENT_SCRIPT = `
(() => {
  'use strict';
  const { tags, countries } = JSON.parse(document.getElementById('map-data').textContent);
  const canvas = document.getElementById('plane');
  const pen = canvas.getContext('2d');
  const byId = (id) => document.getElementById(id);
  const counts = new Intl.NumberFormat('en-GB');
  const dark = matchMedia('(prefers-color-scheme: dark)');
  const variable = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  const colourOf = (country) => (country < 0 ? variable('--baseline') : countries[country][dark.matches ? 'dark' : 'light']);
  const MOST_NAMES = 250;
  const state = { scale: 1, x: 0, y: 0, country: null, query: '', chosen: -1, hovered: -1, matches: null };

  // tags: [name, images, x, y, country or -1, share of the country]; the most frequent first.
  const extent = { left: Infinity, right: -Infinity, top: Infinity, bottom: -Infinity };
  for (const [, , x, y] of tags) {
    extent.left = Math.min(extent.left, x); extent.right = Math.max(extent.right, x);
    extent.top = Math.min(extent.top, y); extent.bottom = Math.max(extent.bottom, y);
  }
  const box = () => canvas.getBoundingClientRect();
  const whole = () => {
    const { width, height } = box();
    state.scale = 0.94 * Math.min(width / (extent.right - extent.left || 1), height / (extent.bottom - extent.top || 1));
    state.least = state.scale / 2;
    state.x = width / 2 - (state.scale * (extent.left + extent.right)) / 2;
    state.y = height / 2 - (state.scale * (extent.top + extent.bottom)) / 2;
  };
  const place = (i) => [state.x + state.scale * tags[i][2], state.y + state.scale * tags[i][3]];
  const shown = (i) => (state.country === null || tags[i][4] === state.country) && (state.matches === null || state.matches.has(i));

  let asked = false;
  const redraw = () => { if (!asked) { asked = true; requestAnimationFrame(draw); } };

  function draw() {
    asked = false;
    const { width, height } = box();
    const ratio = devicePixelRatio || 1;
    if (canvas.width !== Math.round(width * ratio) || canvas.height !== Math.round(height * ratio)) {
      canvas.width = Math.round(width * ratio);
      canvas.height = Math.round(height * ratio);
    }
    pen.setTransform(ratio, 0, 0, ratio, 0, 0);
    pen.clearRect(0, 0, width, height);
    const radius = Math.min(6, Math.max(1.3, 1.3 * (state.scale / (2 * state.least)) ** 0.45) + (tags.length < 1000 ? 1.5 : 0));
    const groups = new Map();
    const visible = [];
    for (let i = tags.length - 1; i >= 0; i--) {
      const [x, y] = place(i);
      if (x < -8 || y < -8 || x > width + 8 || y > height + 8) continue;
      const key = shown(i) ? tags[i][4] : 'hidden';
      if (!groups.has(key)) groups.set(key, []);
      groups.get(key).push(x, y);
      visible.push(i);
    }
    visible.reverse();
    const order = [...groups.keys()].sort((a, b) => (a === 'hidden' ? -1 : b === 'hidden' ? 1 : a === -1 ? -1 : b === -1 ? 1 : b - a));
    for (const key of order) {
      pen.fillStyle = key === 'hidden' ? variable('--hairline') : colourOf(key);
      pen.globalAlpha = key === 'hidden' ? 0.8 : 0.75;
      pen.beginPath();
      const points = groups.get(key);
      for (let p = 0; p < points.length; p += 2) {
        pen.moveTo(points[p] + radius, points[p + 1]);
        pen.arc(points[p], points[p + 1], radius, 0, 2 * Math.PI);
      }
      pen.fill();
    }
    pen.globalAlpha = 1;
    names(visible, radius, width, height);
    byId('shown').textContent = counts.format(visible.filter(shown).length);
  }

  // The chosen one first, then by frequency: whoever finds room.
  function names(visible, radius, width, height) {
    const taken = new Map();
    const size = 12;
    pen.font = size + 'px system-ui, sans-serif';
    pen.textBaseline = 'middle';
    pen.lineJoin = 'round';
    const wanted = [state.chosen, state.hovered].filter((i) => i >= 0);
    let written = 0;
    for (const i of [...wanted, ...visible]) {
      if (written >= MOST_NAMES) break;
      const first = wanted.includes(i);
      if (!first && !shown(i)) continue;
      if (first && written > 0 && wanted.indexOf(i) !== wanted.lastIndexOf(i)) continue;
      const [x, y] = place(i);
      if (x < 0 || y < 0 || x > width || y > height) continue;
      const text = tags[i][0];
      const long = pen.measureText(text).width;
      const left = x + radius + 3 + long > width ? x - radius - 3 - long : x + radius + 3;
      if (!room(taken, left - 2, y - size / 2 - 1, left + long + 2, y + size / 2 + 1)) continue;
      pen.lineWidth = 3;
      pen.strokeStyle = variable('--paper');
      pen.strokeText(text, left, y);
      pen.fillStyle = first ? variable('--accent') : variable('--ink');
      if (first) { pen.font = '600 ' + pen.font.replace(/^600 /, ''); pen.fillText(text, left, y); pen.font = pen.font.replace(/^600 /, ''); }
      else pen.fillText(text, left, y);
      written++;
      if (!first) continue;
      pen.lineWidth = 2;
      pen.strokeStyle = variable('--accent');
      pen.beginPath();
      pen.arc(x, y, radius + 3, 0, 2 * Math.PI);
      pen.stroke();
    }
  }

  /** Takes a rectangle in a raster of 16 pixels, unless another one touches it. */
  function room(taken, left, top, right, bottom) {
    const cells = [];
    for (let c = Math.floor(left / 16); c <= Math.floor(right / 16); c++) {
      for (let r = Math.floor(top / 16); r <= Math.floor(bottom / 16); r++) cells.push(c * 4096 + r);
    }
    for (const cell of cells) {
      for (const [l, t, m, b] of taken.get(cell) ?? []) if (left < m && right > l && top < b && bottom > t) return false;
    }
    for (const cell of cells) {
      if (!taken.has(cell)) taken.set(cell, []);
      taken.get(cell).push([left, top, right, bottom]);
    }
    return true;
  }

  function zoom(factor, x, y) {
    const scale = Math.min(state.least * 2000, Math.max(state.least, state.scale * factor));
    state.x = x - ((x - state.x) * scale) / state.scale;
    state.y = y - ((y - state.y) * scale) / state.scale;
    state.scale = scale;
    redraw();
  }
  const zoomMiddle = (factor) => { const { width, height } = box(); zoom(factor, width / 2, height / 2); };

  function nearest(x, y, within) {
    let best = -1;
    let least = within * within;
    for (let i = 0; i < tags.length; i++) {
      if (!shown(i)) continue;
      const [px, py] = place(i);
      const distance = (px - x) ** 2 + (py - y) ** 2;
      if (distance < least) { least = distance; best = i; }
    }
    return best;
  }

  function neighbours(i, count) {
    const found = [];
    for (let j = 0; j < tags.length; j++) {
      if (j === i) continue;
      const distance = (tags[j][2] - tags[i][2]) ** 2 + (tags[j][3] - tags[i][3]) ** 2;
      if (found.length === count && distance >= found[count - 1][0]) continue;
      found.push([distance, j]);
      found.sort((a, b) => a[0] - b[0]);
      if (found.length > count) found.pop();
    }
    return found.map(([, j]) => j);
  }

  function row(i, act) {
    const item = document.createElement('li');
    const button = document.createElement('button');
    const dot = document.createElement('span');
    dot.className = 'dot';
    dot.style.background = colourOf(tags[i][4]);
    const name = document.createElement('span');
    name.className = 'name';
    name.textContent = tags[i][0];
    const number = document.createElement('span');
    number.className = 'number';
    number.textContent = counts.format(tags[i][1]);
    button.append(dot, name, number);
    button.addEventListener('click', act);
    item.append(button);
    return item;
  }

  function describe(i) {
    const [, images, , , country, share] = tags[i];
    const where = country < 0 ? 'no country known' : countries[country].name + ', ' + Math.round(100 * share) + ' % of the images with a country';
    return counts.format(images) + ' images; ' + where;
  }

  function choose(i, moves) {
    state.chosen = i;
    byId('chosen').hidden = i < 0;
    if (i >= 0) {
      byId('chosen-tag').textContent = '#' + tags[i][0];
      byId('chosen-text').textContent = describe(i);
      byId('neighbours').replaceChildren(...neighbours(i, 12).map((j) => row(j, () => choose(j, true))));
      if (moves) {
        const { width, height } = box();
        state.scale = Math.max(state.scale, 16 * state.least);
        state.x = width / 2 - state.scale * tags[i][2];
        state.y = height / 2 - state.scale * tags[i][3];
      }
    }
    redraw();
  }

  function search(text) {
    const query = text.trim().replace(/^#+/, '').normalize('NFC').toLowerCase();
    if (query === '') state.matches = null;
    else {
      const found = [];
      for (let i = 0; i < tags.length; i++) if (tags[i][0].includes(query)) found.push(i);
      // What is called so comes before what begins so, and that before what holds it.
      const rank = (i) => (tags[i][0] === query ? 0 : tags[i][0].startsWith(query) ? 1 : 2);
      found.sort((a, b) => rank(a) - rank(b) || a - b);
      state.matches = new Set(found);
    }
    const found = state.matches === null ? [] : [...state.matches];
    byId('found').hidden = state.matches === null;
    byId('found-count').textContent = counts.format(found.length) + (found.length === 1 ? ' hashtag' : ' hashtags');
    byId('found-list').replaceChildren(...found.slice(0, 100).map((i) => row(i, () => choose(i, true))));
    redraw();
    return found;
  }

  const input = byId('search');
  input.addEventListener('input', () => search(input.value));
  input.addEventListener('keydown', (event) => {
    if (event.key === 'Enter') { const [first] = search(input.value); if (first !== undefined) choose(first, true); }
    if (event.key === 'Escape') { input.value = ''; search(''); }
  });
  for (const button of document.querySelectorAll('[data-country]')) {
    button.querySelector('.dot').style.background = colourOf(Number(button.dataset.country));
    button.addEventListener('click', () => {
      const country = Number(button.dataset.country);
      state.country = state.country === country ? null : country;
      for (const other of document.querySelectorAll('[data-country]')) other.setAttribute('aria-pressed', String(Number(other.dataset.country) === state.country));
      redraw();
    });
  }
  byId('closer').addEventListener('click', () => zoomMiddle(1.6));
  byId('farther').addEventListener('click', () => zoomMiddle(1 / 1.6));
  byId('whole').addEventListener('click', () => { whole(); redraw(); });

  const pointers = new Map();
  let moved = 0;
  const at = (event) => { const { left, top } = box(); return [event.clientX - left, event.clientY - top]; };
  canvas.addEventListener('pointerdown', (event) => { canvas.setPointerCapture(event.pointerId); pointers.set(event.pointerId, at(event)); moved = 0; });
  canvas.addEventListener('pointermove', (event) => {
    const now = at(event);
    const before = pointers.get(event.pointerId);
    if (!before) {
      const i = nearest(now[0], now[1], 14);
      if (i !== state.hovered) { state.hovered = i; canvas.title = i < 0 ? '' : '#' + tags[i][0] + ': ' + describe(i); redraw(); }
      return;
    }
    moved += Math.abs(now[0] - before[0]) + Math.abs(now[1] - before[1]);
    const other = [...pointers].find(([id]) => id !== event.pointerId)?.[1];
    if (other) {
      const apart = (point) => Math.hypot(point[0] - other[0], point[1] - other[1]) || 1;
      zoom(apart(now) / apart(before), other[0], other[1]);
    } else { state.x += now[0] - before[0]; state.y += now[1] - before[1]; redraw(); }
    pointers.set(event.pointerId, now);
  });
  canvas.addEventListener('pointerup', (event) => {
    if (pointers.delete(event.pointerId) && moved < 5) { const [x, y] = at(event); choose(nearest(x, y, 14), false); }
  });
  canvas.addEventListener('pointercancel', (event) => pointers.delete(event.pointerId));
  canvas.addEventListener('pointerleave', () => { state.hovered = -1; redraw(); });
  canvas.addEventListener('wheel', (event) => { event.preventDefault(); const [x, y] = at(event); zoom(Math.exp(-event.deltaY * (event.deltaMode === 1 ? 0.05 : 0.0016)), x, y); }, { passive: false });
  canvas.addEventListener('dblclick', (event) => { const [x, y] = at(event); zoom(2, x, y); });
  canvas.addEventListener('keydown', (event) => {
    const steps = { ArrowLeft: [60, 0], ArrowRight: [-60, 0], ArrowUp: [0, 60], ArrowDown: [0, -60] };
    if (steps[event.key]) { state.x += steps[event.key][0]; state.y += steps[event.key][1]; redraw(); }
    else if (event.key === '+' || event.key === '=') zoomMiddle(1.6);
    else if (event.key === '-') zoomMiddle(1 / 1.6);
    else if (event.key === '0') { whole(); redraw(); }
    else if (event.key === 'Escape') choose(-1, false);
    else return;
    event.preventDefault();
  });
  let last = '';
  new ResizeObserver(() => {
    const { width, height } = box();
    const now = width + 'x' + height;
    if (last === '') whole();
    last = now;
    redraw();
  }).observe(canvas);
  dark.addEventListener('change', redraw);
})();
`;
