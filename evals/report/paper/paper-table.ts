/** What a table of the paper is. */

export interface PaperColumn {
  readonly name: string;
  /** The benchmark whose results belong beside it: a protocol and a dataset, as ours are called. */
  readonly protocol: string;
  readonly dataset: string;
  /** Names of metrics that mean what the column does. @default those of accuracy */
  readonly metrics?: readonly string[];
  /** What the metric has to be of, where a result has several. */
  readonly of?: Readonly<Record<string, string>>;
  /** The two groups that it is the difference of: the first minus the second. */
  readonly between?: readonly [string, string];
  /** Options that tell this column from others of the same benchmark. */
  readonly options?: Readonly<Record<string, unknown>>;
}

export interface PaperRow {
  /** The heading that it stands under. */
  readonly group: string;
  /** Model, architecture and so on, as they are printed. */
  readonly attributes: readonly string[];
  /** As they are printed, in per cent; - where there is none. */
  readonly figures: readonly string[];
}

export interface PaperTable {
  readonly number: number;
  readonly title: string;
  /** What is said of each row before its figures. */
  readonly attributes: readonly string[];
  readonly columns: readonly PaperColumn[];
  readonly rows: readonly PaperRow[];
}

/** The figure as a number; null where the paper has none. */
export function numberOf(figure: string): number | null {
  return figure === '-' ? null : Number(figure);
}

/** Model and architecture, such as `SEER RG-128Gf`: the paper writes both in several ways. */
export function rowName({ attributes: [model, architecture] }: PaperRow): string {
  const plain = `${model} ${architecture}`.replaceAll(/\s*(\[\d+\]|\(ours\))/g, '').replace(/^SEER RG /, 'SEER ');
  return plain.replace(/\bRG-?(10B|\d+)(gf)?$/i, (_, size: string) => (size === '10B' ? 'RG-10B' : `RG-${size}Gf`));
}

/** Reads rows whose first `numAttributes` cells are no figures. */
export function figuresOf(numAttributes: number, text: string): PaperRow[] {
  let group = '';
  return text
    .trim()
    .split('\n')
    .flatMap((line) => {
      if (line.startsWith('# ')) {
        group = line.slice(2);
        return [];
      }
      const cells = line.split(' | ');
      return [{ group, attributes: cells.slice(0, numAttributes), figures: cells.slice(numAttributes) }];
    });
}
