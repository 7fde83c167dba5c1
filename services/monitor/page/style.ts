/** What the monitor's page has beyond the style of run pages: the map's scale, its legend, bars. */
export const MONITOR_STYLE = `
:root {
  --sea: #f4f2ee; --land: #dedad2; --border: #fcfbf9;
  --c1: #d3e4ea; --c2: #abcfdb; --c3: #7fb5c7; --c4: #4f98b0; --c5: #2a7892; --c6: #14596f; --c7: #0a3a4a;
}
@media (prefers-color-scheme: dark) {
  :root {
    --sea: #1b1f23; --land: #32383f; --border: #14171a;
    --c1: #1f4552; --c2: #27596a; --c3: #337287; --c4: #448fa7; --c5: #63b1c9; --c6: #94d0e2; --c7: #cdeef7;
  }
}
.map { display: block; width: 100%; height: auto; margin-top: 0.5rem; }
.map .sea { fill: var(--sea); }
.map .graticule { fill: none; stroke: var(--hairline); stroke-width: 0.5; }
.map path { stroke: var(--border); stroke-width: 0.4; }
.map path:hover, .map path:focus { stroke: var(--ink); stroke-width: 1.4; outline: none; }
.c0 { fill: var(--land); background: var(--land); }
${[1, 2, 3, 4, 5, 6, 7].map((i) => `.c${i} { fill: var(--c${i}); background: var(--c${i}); }`).join('\n')}
.legend { list-style: none; margin: 0.75rem 0 0; padding: 0; display: flex; flex-wrap: wrap; gap: 0.35rem 1.1rem; font-size: 0.82rem; color: var(--muted); }
.legend li { display: flex; align-items: center; gap: 0.4rem; }
.swatch { display: inline-block; width: 1.5rem; height: 0.8rem; border-radius: 2px; border: 1px solid var(--hairline); }
.shares td.share-bar { width: 42%; padding-right: 0; }
.share-bar svg { display: block; width: 100%; height: 0.9rem; overflow: visible; }
.share-bar .value { fill: var(--accent); }
.share-bar .interval { stroke: var(--ink); stroke-width: 1.5; vector-effect: non-scaling-stroke; }
.shares tr.rest th, .shares tr.rest td { color: var(--muted); }
.shares tr.rest .value { fill: var(--baseline); }
.labels { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 26rem), 1fr)); gap: 2.25rem 2.75rem; }
.labels h3 { margin-bottom: 0.35rem; }
.shares th { overflow-wrap: anywhere; }
@media (max-width: 40rem) { .shares td.interval-text { display: none; } .shares td.share-bar { width: 34%; } }
`;
