/** DIR/index.html: the map of hashtags, for people. One file, which asks nobody for anything. */
import { formatCount, formatShare, formatTime } from '../../../training/run-page/format.ts';
import { html, Html as RawHtml, scriptJson } from '../../../training/run-page/html.ts';
import { STYLE } from '../../../training/run-page/style.ts';
import type { HashtagSummary } from '../summary.ts';
import { CLIENT_SCRIPT } from './client.ts';
import { type ColouredCountry, colouredCountries } from './colours.ts';
import { HASHTAGS_STYLE } from './style.ts';

export function hashtagsPage(summary: HashtagSummary): string {
  const { hashtags, images, map, time } = summary;
  const countries = colouredCountries(hashtags);
  const numberOf = new Map(countries.map(({ code }, number) => [code, number]));
  const data = {
    countries: countries.map(({ name, light, dark }) => ({ name, light, dark })),
    // Screens have y downwards.
    tags: hashtags.map(({ tag, images: count, x, y, country, countryShare }) => [
      ...[tag, count, round(x), round(-y), country === null ? -1 : numberOf.get(country)!],
      countryShare === null ? 0 : round(countryShare),
    ]),
  };
  const placed = hashtags.filter(({ country }) => country !== null).length;
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Map of ${formatCount(hashtags.length)} hashtags</title>
<style>${new RawHtml(STYLE + HASHTAGS_STYLE)}</style>
</head>
<body>
<header>
<p class="eyebrow">Map of hashtags</p>
<h1>${formatCount(hashtags.length)} hashtags by what their images look like</h1>
<p class="status">Each is the mean of its images' embeddings, ${formatCount(images.used)} images in all; those that lie together look alike. ${placed > 0 ? `Colours are the country that most of its images are from.` : 'No image has a country.'} ${formatTime(time)}</p>
</header>
<main class="map">
<div class="plane">
<canvas id="plane" tabindex="0" role="img" aria-label="Map of hashtags; arrows move it, plus and minus zoom, 0 shows all"></canvas>
<div class="buttons">
<button id="closer" type="button" aria-label="Zoom in">+</button><button id="farther" type="button" aria-label="Zoom out">−</button><button id="whole" type="button" aria-label="Show all">⤢</button>
</div>
</div>
<div class="side">
<label><input id="search" type="search" placeholder="Search hashtags" autocomplete="off" aria-label="Search hashtags"></label>
<section class="found" id="found" hidden><h2 id="found-count" aria-live="polite"></h2><ul id="found-list"></ul></section>
<section class="chosen" id="chosen" hidden><p class="tag" id="chosen-tag"></p><p id="chosen-text"></p><h2>Nearest on the map</h2><ul id="neighbours"></ul></section>
${placed > 0 ? html`<section class="countries"><h2>Countries</h2><ul>${countries.map(countryRow)}</ul></section>` : undefined}
<p class="muted"><span id="shown"></span> hashtags in view</p>
</div>
</main>
<noscript><p>The map is drawn by a script; hashtags.json has the same places as numbers.</p></noscript>
<footer>t-SNE of ${formatShare(map.explained)} of the variance (principal components); of 12 neighbours on the map, trustworthiness ${map.trustworthiness.toFixed(3)}; divergence ${map.divergence.toFixed(3)} after ${formatCount(map.iterations)} iterations. Distances between far clusters mean nothing. A country is what posts say of their images; nothing is guessed from pixels, and nothing at all about a person.</footer>
<script type="application/json" id="map-data">${scriptJson(data)}</script>
<script>${new RawHtml(CLIENT_SCRIPT)}</script>
</body>
</html>
`.toString();
}

function countryRow({ name, hashtags }: ColouredCountry, number: number) {
  return html`<li><button type="button" data-country="${number}" aria-pressed="false"><span class="dot"></span><span class="name">${name}</span><span class="number">${formatCount(hashtags)}</span></button></li>`;
}

function round(value: number): number {
  return Math.round(1000 * value) / 1000;
}
