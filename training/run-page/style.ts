/** The page's style sheet: one accent colour, tabular figures, and what the reader's system asks for of light and dark. */
export const STYLE = `
:root {
  color-scheme: light dark;
  --paper: #fcfbf9; --ink: #1f2328; --muted: #656b73; --hairline: #e5e2dc; --panel: #f4f2ee;
  --accent: #14657d; --faint: #b9d3db; --baseline: #b3b0a9; --good: #23734a; --warn: #955c00;
}
@media (prefers-color-scheme: dark) {
  :root {
    --paper: #14171a; --ink: #e4e2dd; --muted: #979da5; --hairline: #2a2f35; --panel: #1b1f23;
    --accent: #63bdd8; --faint: #27505d; --baseline: #5b6167; --good: #63c28f; --warn: #e0a348;
  }
}
* { box-sizing: border-box; }
html { background: var(--paper); color: var(--ink); -webkit-text-size-adjust: 100%; }
body {
  margin: 0 auto; max-width: 66rem; padding: 3.5rem 1.75rem 5rem;
  font: 16px/1.55 system-ui, -apple-system, "Segoe UI", Inter, Roboto, "Helvetica Neue", "DejaVu Sans", sans-serif;
  font-variant-numeric: tabular-nums;
}
h1, h2, h3, p, figure, dl, dd, ol { margin: 0; padding: 0; }
h1 { font-size: 2rem; line-height: 1.2; font-weight: 650; letter-spacing: -0.015em; overflow-wrap: anywhere; }
h2 { font-size: 1.2rem; font-weight: 650; letter-spacing: -0.005em; }
h3 { font-size: 0.95rem; font-weight: 600; }
section { margin-top: 3.25rem; }
section > h2 { padding-bottom: 0.5rem; border-bottom: 1px solid var(--hairline); margin-bottom: 1.25rem; }
.worse { margin: 0 0 1rem; padding-left: 1.2rem; }
.worse b { color: var(--warn); }
section > p, .held-out > p { color: var(--muted); max-width: 44rem; font-size: 0.925rem; }
.muted { color: var(--muted); }
.eyebrow { color: var(--accent); font-size: 0.78rem; font-weight: 600; letter-spacing: 0.09em; text-transform: uppercase; margin-bottom: 0.5rem; }
.lead { margin-top: 0.6rem; max-width: 44rem; font-size: 1.05rem; color: var(--muted); }
.status { margin-top: 0.9rem; font-size: 0.875rem; color: var(--muted); }
.status b { color: var(--ink); font-weight: 600; }
.status.failed b, .status.stopped b, .status.running b { color: var(--warn); }

.figures { display: grid; grid-template-columns: repeat(auto-fit, minmax(8.4rem, 1fr)); gap: 1.5rem; margin-top: 2.25rem;
  border-top: 1px solid var(--hairline); border-bottom: 1px solid var(--hairline); padding: 1.4rem 0; }
.figures div { display: flex; flex-direction: column; }
.figures dt { font-size: 0.8rem; color: var(--muted); }
.figures dd.value { font-size: 1.75rem; font-weight: 600; line-height: 1.25; letter-spacing: -0.015em; white-space: nowrap; }
.figures dd.detail { font-size: 0.8rem; color: var(--muted); }
.figures div:first-child dd.value { color: var(--accent); }

table { border-collapse: collapse; width: 100%; font-size: 0.9rem; }
th, td { text-align: left; padding: 0.42rem 1.25rem 0.42rem 0; border-bottom: 1px solid var(--hairline); font-weight: 400; vertical-align: middle; }
thead th { color: var(--muted); font-size: 0.8rem; }
th:last-child, td:last-child { padding-right: 0; }
.number { text-align: right; white-space: nowrap; }

.held-out + .held-out { margin-top: 2.25rem; }
.held-out table { margin-top: 0.75rem; }
.held-out thead th { vertical-align: bottom; }
.held-out .trained th, .held-out .trained td:nth-child(2) { font-weight: 650; color: var(--accent); }
.bar-cell { width: 44%; }
.bar { display: block; overflow: visible; }
.bar .track { fill: var(--hairline); }
.bar .value { fill: var(--baseline); }
.trained .bar .value { fill: var(--accent); }
.bar .interval { stroke: var(--ink); stroke-width: 1.25; }

.charts { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 26rem), 1fr)); gap: 2rem 2.75rem; }
.charts figure { min-width: 0; }
.charts figcaption { display: flex; justify-content: space-between; align-items: baseline; gap: 1rem; margin-bottom: 0.35rem; }
.charts output { color: var(--accent); font-weight: 600; font-size: 0.95rem; white-space: nowrap; }
.charts p { color: var(--muted); font-size: 0.8rem; line-height: 1.45; margin-top: 0.3rem; }
.plot { min-height: 170px; border-radius: 3px; }
.u-cursor-x { border-right-color: var(--muted) !important; }
:focus-visible { outline: 2px solid var(--accent); outline-offset: 3px; }

.neighbours { list-style: none; margin-top: 1.25rem; display: grid; gap: 1.1rem; }
.neighbours li { display: flex; gap: 0.8rem; }
.neighbours figure { flex: 0 1 8rem; min-width: 0; }
.neighbours .query { margin-right: 1.2rem; }
.neighbours img { display: block; width: 100%; height: auto; aspect-ratio: 1; object-fit: cover; border-radius: 5px; background: var(--panel); }
.neighbours .hit img { outline: 3px solid var(--good); outline-offset: 1px; }
.neighbours .miss img { opacity: 0.82; }
.neighbours figcaption { font-size: 0.76rem; color: var(--muted); margin-top: 0.3rem; text-align: center; }
.neighbours .hit figcaption, .neighbours .hit b { color: var(--good); font-weight: 650; }

details { border-bottom: 1px solid var(--hairline); }
summary { cursor: pointer; padding: 0.7rem 0; font-weight: 600; font-size: 0.95rem; }
summary .muted { font-weight: 400; margin-left: 0.4rem; font-size: 0.85rem; }
details > div { padding: 0 0 1.25rem; overflow-x: auto; font-size: 0.9rem; }
details p { padding-top: 0.6rem; }
details td, details th { overflow-wrap: anywhere; vertical-align: top; }
pre { margin: 0; padding: 1rem 1.1rem; background: var(--panel); border-radius: 5px; overflow-x: auto;
  font: 0.8rem/1.55 ui-monospace, "SF Mono", "Cascadia Mono", Menlo, "DejaVu Sans Mono", monospace; }
footer { margin-top: 3rem; color: var(--muted); font-size: 0.8rem; }
noscript p { color: var(--warn); }

@media (max-width: 40rem) {
  body { padding: 2rem 1.1rem 3rem; }
  h1 { font-size: 1.55rem; }
  section { margin-top: 2.5rem; }
  .figures { grid-template-columns: 1fr 1fr; gap: 1.2rem 1rem; }
  .figures dd.value { font-size: 1.4rem; }
  .held-out thead .bar-cell { display: none; }
  .held-out tr { display: grid; grid-template-columns: 1fr auto 7.6rem; column-gap: 0.7rem; border-bottom: 1px solid var(--hairline); padding: 0.35rem 0; }
  .held-out th, .held-out td { border: 0; padding: 0.1rem 0; font-size: 0.84rem; }
  .held-out td.bar-cell { grid-column: 1 / -1; width: auto; }
  .neighbours li { gap: 0.35rem; }
  .neighbours .query { margin-right: 0.3rem; }
}
@media print {
  body { max-width: none; padding: 0; }
  section, .charts figure { break-inside: avoid; }
}
`;
