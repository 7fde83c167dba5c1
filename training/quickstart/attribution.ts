/** Who made each photo and under which licence, as text for people. */

export interface Attribution {
  /** What the photo is called here: its file name without the ending. */
  readonly name: string;
  readonly maker: string;
  /** `Public Domain`, or a Creative Commons identifier such as `CC0-1.0` or `CC-BY-SA-4.0`. */
  readonly licence: string;
  /** The web page of the original. */
  readonly source: string;
  /** What was changed from the original before it came to us. */
  readonly changes?: string | undefined;
}

/** Where the text of a licence stands; undefined where there is none. */
export function licenceUrl(licence: string): string | undefined {
  const [, kind, version] = /^CC-?(0|BY|BY-SA)-([\d.]+)$/.exec(licence) ?? [];
  if (kind === undefined) return undefined;
  const path = kind === '0' ? 'publicdomain/zero' : `licenses/${kind.toLowerCase()}`;
  return `https://creativecommons.org/${path}/${version}/`;
}

/** The text of ATTRIBUTION.txt: `heading`, then one paragraph per photo. */
export function attributionText(heading: string, photos: readonly Attribution[]): string {
  const paragraphs = photos.map((photo) => {
    const url = licenceUrl(photo.licence);
    const lines = [
      photo.name,
      `  by ${photo.maker}`,
      `  licence: ${photo.licence}${url ? `, ${url}` : ''}`,
      `  source: ${photo.source}`,
    ];
    if (photo.changes) lines.push(`  changes before the package: ${photo.changes}`);
    return lines.join('\n');
  });
  return `${[heading, ...paragraphs].join('\n\n')}\n`;
}

/** One line for the screen: how many photos there are under which licence, most frequent first. */
export function licenceSummary(photos: readonly Attribution[]): string {
  const counts = new Map<string, number>();
  for (const { licence } of photos) counts.set(licence, (counts.get(licence) ?? 0) + 1);
  return [...counts]
    .sort((a, b) => b[1] - a[1])
    .map(([licence, count]) => `${count} ${licence}`)
    .join(', ');
}
