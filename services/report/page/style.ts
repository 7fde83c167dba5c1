/** What a report has beyond the style of run pages: wide tables, series of plots, examples. */
export const REPORT_STYLE = `
:root { --s0: #0072b2; --s1: #c24e00; --s2: #007a5a; --s3: #a3487f; --s4: #7a5c00; --s5: #4a4f57; }
@media (prefers-color-scheme: dark) {
  :root { --s0: #56b4e9; --s1: #f08a4b; --s2: #35c79c; --s3: #e09ac2; --s4: #e6c229; --s5: #b9bec6; }
}
nav ul { list-style: none; margin: 1.5rem 0 0; padding: 0; display: flex; flex-wrap: wrap; gap: 0.4rem 1.4rem; font-size: 0.9rem; }
a { color: var(--accent); }
section > h3 { margin: 1.75rem 0 0.35rem; }
.warnings { margin: 1.75rem 0 0; padding: 0.8rem 1rem 0.8rem 2rem; background: var(--panel); border-left: 4px solid var(--warn); border-radius: 3px; font-size: 0.9rem; }
.warnings li { overflow-wrap: anywhere; }
.warnings b { color: var(--warn); }

.wide { overflow-x: auto; margin-top: 0.75rem; }
.wide table { width: auto; min-width: min(100%, 34rem); }
.wide th:first-child { position: sticky; left: 0; background: var(--paper); min-width: 9rem; max-width: 17rem; padding-right: 1rem; overflow-wrap: anywhere; }
.wide thead th { vertical-align: bottom; white-space: normal; min-width: 4.5rem; max-width: 10rem; }
.wide tbody td, .wide tbody th { vertical-align: top; }
.wide td small, .wide th small { display: block; color: var(--muted); font-size: 0.76rem; line-height: 1.35; font-weight: 400; }
.wide td small.of { white-space: normal; max-width: 7.5rem; margin-left: auto; }
.wide tr.group th { padding-top: 1rem; color: var(--muted); font-size: 0.8rem; font-style: italic; position: static; }
.wide tr.ours > th, .wide tr.ours b { color: var(--accent); font-weight: 650; }
.wide tr.ours > th { border-left: 3px solid var(--accent); padding-left: 0.6rem; }
.wide td .delta { color: var(--ink); }
.wide .note { max-width: 14rem; font-size: 0.8rem; color: var(--muted); min-width: 9rem; }
.tag { font-size: 0.7rem; color: var(--muted); border: 1px solid var(--hairline); border-radius: 3px; padding: 0 0.3rem; margin-left: 0.35rem; font-weight: 400; white-space: nowrap; }

.caution { margin: 2rem 0 0; padding: 0.9rem 1.2rem; background: var(--panel); border-left: 4px solid var(--accent); border-radius: 3px; font-size: 0.925rem; }
.caution footer { margin: 0.5rem 0 0; padding: 0; border: 0; color: var(--muted); font-size: 0.8rem; }
.groups .interval-cell, .groups .scale { width: 45%; min-width: 11rem; padding-left: 1rem; padding-right: 0.4rem; }
.groups .scale { font-size: 0.74rem; }
.groups .scale span { display: inline-block; width: 33.3%; }
.groups .scale span:nth-child(2) { text-align: center; }
.groups .scale span:nth-child(3) { text-align: right; }
.groups td svg { display: block; width: 100%; overflow: visible; }
.groups svg.dot { display: inline; vertical-align: baseline; }
section > p + p { margin-top: 0.6rem; }
.groups .small { opacity: 0.45; }
.wide td small.flag { color: var(--warn); }
.disparity { margin-top: 0.5rem; font-size: 0.875rem; max-width: 48rem; color: var(--muted); }
.disparity b { color: var(--ink); }
.disparity.apart, .verdict.apart { color: var(--warn); }
.map img { width: 100%; height: auto; border-radius: 5px; }
.map { margin-top: 1rem; }
.map figcaption { font-size: 0.8rem; }

.panels { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(100%, 18.5rem), 1fr)); gap: 1.75rem 2rem; margin-top: 1.25rem; }
.panels svg { display: block; width: 100%; height: auto; overflow: visible; }
.panels text { font-size: 11px; fill: var(--muted); }
.grid { stroke: var(--hairline); stroke-width: 1; }
.theirs { fill: var(--paper); stroke: var(--muted); stroke-width: 1.25; }
.seer { fill: var(--paper); stroke: var(--ink); stroke-width: 1.75; }
.seer-line { fill: none; stroke: var(--ink); stroke-width: 1.25; stroke-dasharray: 4 3; }
.whisker { stroke-width: 1.5; }
${[0, 1, 2, 3, 4, 5].map((i) => `.s${i} { fill: var(--s${i}); stroke: var(--s${i}); }`).join('\n')}
.legend { list-style: none; margin: 1rem 0 0; padding: 0; display: flex; flex-wrap: wrap; gap: 0.35rem 1.3rem; font-size: 0.85rem; color: var(--muted); }
.legend li { display: flex; align-items: center; gap: 0.4rem; overflow-wrap: anywhere; }
.legend svg { flex: none; }

.deltas { margin-top: 1.25rem; max-width: 46rem; }
.deltas table { margin-top: 0.4rem; }
.deltas th { overflow-wrap: anywhere; }
.deltas td, .deltas tbody th { padding-top: 0.25rem; padding-bottom: 0.25rem; border: 0; }
.deltas td.bar-cell { width: 52%; }
.deltas svg { display: block; width: 100%; overflow: visible; }
.deltas text { font-size: 11px; fill: var(--muted); }
.deltas .plus { fill: var(--s0); }
.deltas .minus { fill: var(--s1); }
.deltas .interval { stroke: var(--ink); stroke-width: 1.25; }
.deltas .zero { stroke: var(--muted); stroke-width: 1; }

.examples { list-style: none; margin: 1rem 0 0; padding: 0; display: grid; grid-template-columns: repeat(auto-fill, minmax(min(100%, 11rem), 1fr)); gap: 1.75rem 1.4rem; }
.examples.searches { grid-template-columns: 1fr; }
.examples li { min-width: 0; font-size: 0.82rem; overflow-wrap: anywhere; }
.examples img, .absent { display: block; width: 100%; height: auto; max-width: 11rem; aspect-ratio: 1; object-fit: cover; border-radius: 5px; background: var(--panel); }
.absent { display: flex; align-items: center; justify-content: center; text-align: center; padding: 0.5rem; color: var(--muted); border: 1px dashed var(--baseline); font-size: 0.75rem; }
.examples p { margin-top: 0.35rem; color: var(--muted); }
.examples .right b { color: var(--good); }
.examples .wrong b { color: var(--warn); }
.examples dl { margin-top: 0.35rem; }
.examples dd + dt { margin-top: 0.3rem; }
.examples dt { color: var(--muted); font-size: 0.76rem; }
.searches li { display: grid; grid-template-columns: 7rem 1fr; gap: 0.4rem 1.5rem; padding-bottom: 1.25rem; border-bottom: 1px solid var(--hairline); }
.found { display: flex; flex-wrap: wrap; gap: 0.6rem; margin-top: 0.35rem; }
.found figure { width: 5.25rem; }
.found figcaption { color: var(--muted); font-size: 0.74rem; margin-top: 0.25rem; }
.found .right img { outline: 3px solid var(--good); outline-offset: 1px; }
.found .right figcaption, .found .right b { color: var(--good); }
.found .wrong b { color: var(--warn); }

.provenance th { white-space: nowrap; width: 9rem; color: var(--muted); }
.provenance pre { margin-top: 0.2rem; }
@media (max-width: 40rem) {
  .wide th:first-child { min-width: 7rem; max-width: 9.5rem; font-size: 0.82rem; }
  .wide td small.of { white-space: normal; max-width: 7.5rem; margin-left: auto; }
.wide tr.group th { max-width: none; }
  .searches li { grid-template-columns: 1fr; }
  .searches li > div:first-child { max-width: 7rem; }
  .provenance th { white-space: normal; width: 6rem; }
  .deltas thead { display: none; }
  .deltas tr { display: grid; grid-template-columns: 1fr auto 8.5rem; column-gap: 0.7rem; padding: 0.2rem 0; }
  .deltas th, .deltas td { padding: 0.1rem 0; font-size: 0.84rem; }
  .deltas td.bar-cell { grid-column: 1 / -1; width: auto; }
  .deltas td[colspan] { display: none; }
}
`;
