/** Figures 8 to 10, single images and what each checkpoint said of them, and 13, what it found for them. */
import type { ComparedExample, ExampleSection } from '../../../evals/report/report.ts';
import { type Html, html } from '../../../training/run-page/html.ts';
import type { Picture } from '../pictures.ts';

type Pictures = ReadonlyMap<string, Picture>;

export function exampleSection({ title, caption, examples, total }: ExampleSection, pictures: Pictures): Html {
  const isSearch = examples.some(({ answers }) => answers.some(({ found }) => found !== undefined));
  const some = examples.length < total ? html` ${examples.length} of ${total}.` : undefined;
  return html`<h3>${title}</h3><p class="muted">${caption}${some}</p>
<ul class="examples${isSearch ? ' searches' : ''}">${examples.map((example) => renderExample(example, pictures))}</ul>`;
}

function renderExample({ name, image, caption, truth, answers }: ComparedExample, pictures: Pictures): Html {
  return html`
<li><div>${picture(image, caption ?? name, pictures)}<p>${caption ?? name}${truth !== undefined && truth !== caption ? html`<br>right: ${truth}` : undefined}</p></div>
<dl>${answers.map(
    ({ checkpoint, predicted, right, found }) => html`
<dt>${checkpoint}</dt><dd class="${rightness(right)}">${verdict(right)} ${predicted}${
      found &&
      html`<div class="found">${found.map(
        (one) =>
          html`<figure class="${rightness(one.right)}">${picture(one.image, one.caption ?? '', pictures)}<figcaption>${verdict(one.right)} ${one.caption}</figcaption></figure>`,
      )}</div>`
    }</dd>`,
  )}</dl></li>`;
}

const rightness = (right: boolean) => (right ? 'right' : 'wrong');

/** A sign, and the word for whoever hears the page. */
function verdict(right: boolean): Html {
  return right ? html`<b role="img" aria-label="right">✓</b>` : html`<b role="img" aria-label="wrong">✗</b>`;
}

function picture(file: string, name: string, pictures: Pictures): Html {
  const found = pictures.get(file)!;
  if (found.kind === 'picture') {
    return html`<img src="${found.dataUri}" alt="${name}" title="${name}" width="176" height="176">`;
  }
  return html`<div class="absent" title="${file}">No picture: ${found.reason}</div>`;
}
