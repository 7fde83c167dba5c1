/** Figures of groups as text, the same on the page and in Markdown. */
import type {
  AttributeSection,
  Disparity,
  FairnessReport,
  GroupFigure,
} from '../../evals/report/fairness/fairness-report.ts';
import { formatCount } from '../../training/run-page/format.ts';
import { deltaText } from './format.ts';

export const STATUS_TEXT = {
  enough: '',
  'too few': 'too few to compare',
  'not judged': 'none could be judged',
} as const;

/** "of 1,591, 800 persons". */
export function groupCountText({ images, units, unjudged }: GroupFigure, unit: string): string {
  if (images === 0) return `${formatCount(unjudged)} without a right answer`;
  const judged = `of ${formatCount(images)}, ${formatCount(units)} ${unit}${units === 1 ? '' : 's'}`;
  return unjudged > 0 ? `${judged}; ${formatCount(unjudged)} without a right answer` : judged;
}

/** "P@1 by gender, layer pool (casual-conversations)". */
export function measureTitle({
  measure,
  attribute,
  of,
  dataset,
}: Pick<AttributeSection, 'measure' | 'attribute' | 'of' | 'dataset'>): string {
  return [`${measure} by ${attribute}`, of, dataset].filter((part) => part !== '').join(', ');
}

export function verdictText({ highest, lowest, difference, together, ratio, verdict }: Disparity): string {
  const points = (value: number) => deltaText({ value }, 'per cent');
  const share = ratio ? ` The lowest is ${(100 * ratio.value).toFixed(0)} % of the highest.` : '';
  return (
    `${highest} has most and ${lowest} least, ${difference.value.toFixed(1)} points apart ` +
    `(95 %: ${points(difference.low)} to ${points(difference.high)}; over all comparisons ${points(together.low)} to ${points(together.high)}): ${VERDICTS[verdict]}.${share}`
  );
}

const VERDICTS = {
  apart: 'they are apart',
  perhaps: 'apart by itself, and not among all comparisons',
  'not told apart': 'not told apart by these images',
} as const;

/** Of the measures that the paper's tables have, every difference. */
export function mainDifferences({ indicators, checkpoints }: FairnessReport) {
  return indicators.flatMap(({ attributes }) =>
    attributes
      .filter(({ isMain }) => isMain)
      .flatMap((section) =>
        section.disparities.flatMap((disparity, i) =>
          disparity ? [{ section, checkpoint: checkpoints[i]!.label, disparity }] : [],
        ),
      ),
  );
}
