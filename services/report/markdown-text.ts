/** Pieces of Markdown. */

/** The last `bold` rows stand out. */
export function table(head: readonly string[], rows: readonly (readonly string[])[], bold = 0): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  const body = rows.map((cells, i) =>
    cells.map((cell) => (i >= rows.length - bold && cell !== '' ? `**${plain(cell)}**` : plain(cell))),
  );
  return [line(head.map(plain)), line(head.map(() => '---')), ...body.map(line)].join('\n');
}

export function list(items: readonly string[]): string {
  return items.map((item) => `- ${plain(item)}`).join('\n');
}

/** Text that Markdown takes for nothing else, on one line. */
export function plain(text: string): string {
  return text.replaceAll(/\s+/g, ' ').replaceAll(/[\\`*_[\]<>|#~&]/g, (character) => `\\${character}`);
}
