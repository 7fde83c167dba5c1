/** What the map's page has beyond the style of run pages. */
export const HASHTAGS_STYLE = `
body { max-width: none; padding: 1.5rem 1.75rem 2rem; }
header { max-width: 66rem; }
.map { display: grid; grid-template-columns: minmax(0, 1fr) 19rem; gap: 1.25rem; margin-top: 1.25rem; }
.plane { position: relative; height: max(26rem, calc(100vh - 15rem)); border: 1px solid var(--hairline); border-radius: 4px; overflow: hidden; }
.plane canvas { display: block; width: 100%; height: 100%; cursor: grab; touch-action: none; }
.plane canvas:active { cursor: grabbing; }
.plane canvas:focus-visible { outline: 2px solid var(--accent); outline-offset: -2px; }
.buttons { position: absolute; right: 0.6rem; bottom: 0.6rem; display: flex; flex-direction: column; gap: 0.3rem; }
.buttons button { width: 2.1rem; height: 2.1rem; font-size: 1.1rem; }
button, input { font: inherit; color: inherit; background: var(--panel); border: 1px solid var(--hairline); border-radius: 4px; }
button { cursor: pointer; }
.side { display: flex; flex-direction: column; gap: 1.1rem; height: max(26rem, calc(100vh - 15rem)); overflow-y: auto; font-size: 0.875rem; }
.side section { margin: 0; }
.side input { width: 100%; padding: 0.45rem 0.6rem; }
.side section > h2 { font-size: 0.95rem; margin: 0 0 0.4rem; padding-bottom: 0.3rem; }
.side ul { list-style: none; margin: 0; padding: 0; }
.side li button { display: flex; width: 100%; gap: 0.5rem; align-items: baseline; padding: 0.16rem 0.4rem; border: 0; background: none; text-align: left; border-radius: 3px; }
.side li button:hover, .side li button:focus-visible { background: var(--panel); }
.side li button[aria-pressed='true'] { background: var(--panel); font-weight: 650; }
.side li .name { flex: 1; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
.side li .number { color: var(--muted); }
.dot { flex: none; width: 0.7rem; height: 0.7rem; border-radius: 50%; align-self: center; }
.found ul { max-height: 14rem; overflow-y: auto; }
.side .chosen p { color: var(--muted); margin-bottom: 0.35rem; }
.side .chosen .tag { color: var(--ink); font-size: 1.15rem; font-weight: 650; overflow-wrap: anywhere; }
footer { margin-top: 1.25rem; font-size: 0.8rem; color: var(--muted); max-width: 66rem; }
@media (max-width: 46rem) { .map { grid-template-columns: minmax(0, 1fr); } .plane { height: 26rem; } .side { height: auto; } }
`;
