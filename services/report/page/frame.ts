/** What all pages of reports share: one file without scripts, which loads nothing. */
import { type Html, html, Html as RawHtml } from '../../../training/run-page/html.ts';
import { STYLE } from '../../../training/run-page/style.ts';
import { REPORT_STYLE } from './style.ts';

export interface Section {
  readonly id: string;
  readonly title: string;
  /** Undefined where there is nothing to show. */
  readonly content: Html | undefined;
}

export interface Page {
  readonly title: string;
  readonly eyebrow: string;
  readonly lead: string;
  /** Below the title. */
  readonly figures: Html | undefined;
  /** Before the first section. */
  readonly before: Html | undefined;
  readonly sections: readonly Section[];
}

export function renderPage({ title, eyebrow, lead, figures, before, sections }: Page): string {
  const shown = sections.filter(({ content }) => content !== undefined);
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; img-src data:; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${title}</title>
<style>${new RawHtml(STYLE + REPORT_STYLE)}</style>
</head>
<body>
<header>
<p class="eyebrow">${eyebrow}</p>
<h1>${title}</h1>
<p class="lead">${lead}</p>
${figures}
<nav aria-label="Sections"><ul>${shown.map(({ id, title }) => html`<li><a href="#${id}">${title}</a></li>`)}</ul></nav>
</header>
<main>
${before}
${shown.map(({ id, title, content }) => html`<section id="${id}"><h2>${title}</h2>${content}</section>`)}
</main>
<footer>This page is one file and loads nothing from elsewhere. The paper: Vision Models Are More Robust And Fair When Pretrained On Uncurated Images Without Supervision (2022).</footer>
</body>
</html>
`.toString();
}

/** Undefined where there are none. */
export function warningList(warnings: readonly string[]): Html | undefined {
  if (warnings.length === 0) return undefined;
  return html`<ul class="warnings">${warnings.map((warning) => html`<li><b>Warning:</b> ${warning}</li>`)}</ul>`;
}

/** A number of the head of a page. */
export function headFigure(name: string, value: string, detail: string): Html {
  return html`<div><dt>${name}</dt><dd class="value">${value}</dd><dd class="detail">${detail}</dd></div>`;
}
