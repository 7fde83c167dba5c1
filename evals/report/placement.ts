/** Which columns of the paper a result may stand beside: only those of the same benchmark on the same images. */
import type { Metric } from '../result.ts';
import { type Count, sizesOf } from './paper/datasets.ts';
import type { PaperColumn, PaperTable } from './paper/paper-table.ts';
import { PAPER_TABLES } from './paper/tables.ts';
import type { StoredResult } from './read-results.ts';

export interface Place {
  readonly table: PaperTable;
  /** Index among the table's columns. */
  readonly column: number;
  readonly metric: Metric;
}

export interface Placement {
  readonly places: readonly Place[];
  /** The tables, or why there are none. */
  readonly text: string;
}

/** What the paper calls accuracy. */
const ACCURACY = ['top1', 'accuracy', 'mean-per-class'];

/** Protocols that train on all images of the train split. */
const TRAINS_ON_ALL = ['linear-probe', 'fine-tune', 'hateful-memes', 'geolocalisation'];

export function placeInPaper(result: StoredResult): Placement {
  const candidates = PAPER_TABLES.flatMap((table) =>
    table.columns.flatMap((column, index) => {
      const metric = metricFor(column, result);
      return metric ? [{ table, column: index, metric }] : [];
    }),
  );
  if (candidates.length === 0) return { places: [], text: 'no such figure in the paper' };
  const partial = candidates.map((place) => whyOtherImages(place, result)).find((reason) => reason !== undefined);
  if (partial !== undefined) return { places: [], text: partial };
  const numbers = [...new Set(candidates.map(({ table }) => table.number))];
  return {
    places: candidates,
    text: numbers.length === 1 ? `Table ${numbers[0]}` : `Tables ${numbers.join(', ')}`,
  };
}

/** The first metric that means what the column does. A result on several datasets names that of each metric. */
function metricFor(column: PaperColumn, result: StoredResult): Metric | undefined {
  const { protocol, dataset, metrics = ACCURACY, of: wanted = {}, options = {}, between } = column;
  if (result.protocol !== protocol) return undefined;
  if (Object.entries(options).some(([key, value]) => result.options[key] !== value)) return undefined;
  const means = ({ name, of }: Metric) =>
    metrics.includes(name) &&
    (of?.['dataset'] ?? result.data.name) === dataset &&
    Object.entries(wanted).every(([key, value]) => of?.[key] === value);
  if (!between) return result.metrics.find(means);
  const [one, other] = between;
  const isOf = ({ of }: Metric, highest: string, lowest: string) =>
    of?.['highest'] === highest && of['lowest'] === lowest;
  const found = result.metrics.find(
    (metric) => means(metric) && (isOf(metric, one, other) || isOf(metric, other, one)),
  );
  return found && isOf(found, other, one) ? reversed(found) : found;
}

/** Ours is of the highest group minus the lowest, whichever those are. */
function reversed(metric: Metric): Metric {
  return { ...metric, value: -metric.value, low: -metric.high, high: -metric.low };
}

/** Undefined if it was measured on all images but those that could not be decoded. */
function whyOtherImages({ table, column, metric }: Place, { protocol, data }: StoredResult): string | undefined {
  const sizes = sizesOf(table.columns[column]!.dataset);
  const isOther = (count: number | undefined, wanted: Count | undefined): wanted is Count => {
    if (count === undefined || wanted === undefined) return false;
    return wanted.all.every((all) => count > all || all - count > data.skipped.length + wanted.slack);
  };
  const isOfGroups = metric.of?.['attribute'] !== undefined;
  const scored = isOfGroups ? data.images['test'] : metric.count;
  if (isOther(scored, sizes.test))
    return `scores ${formatted(scored)} images, where the dataset has ${formatted(sizes.test.all[0])}`;
  const searched = data.images['val'];
  if (isOther(searched, sizes.searched))
    return `searches ${formatted(searched)} images, where the paper has ${formatted(sizes.searched.all[0])}`;
  const train = TRAINS_ON_ALL.includes(protocol) ? data.images['train'] : undefined;
  return isOther(train, sizes.train)
    ? `trains on ${formatted(train)} images, where the dataset has ${formatted(sizes.train.all[0])}`
    : undefined;
}

const formatted = (count: number | undefined) => count?.toLocaleString('en-GB');
