/** Figures of a report as text, the same on the page and in Markdown. */
import type { BenchmarkRow, Delta, Figure } from '../../evals/report/report.ts';
import { formatNumber } from '../../training/run-page/format.ts';

/** 51.6; three significant digits of what is not in per cent. */
export function valueText({ value }: Pick<Figure, 'value'>, unit: BenchmarkRow['unit']): string {
  return unit === 'per cent' ? value.toFixed(1) : formatNumber(value);
}

/** "45.0 to 58.1". */
export function intervalText({ low, high }: Pick<Figure, 'low' | 'high'>, unit: BenchmarkRow['unit']): string {
  return `${valueText({ value: low }, unit)} to ${valueText({ value: high }, unit)}`;
}

/** "+3.2", with a minus sign that is as wide. */
export function deltaText({ value }: Pick<Delta, 'value'>, unit: BenchmarkRow['unit']): string {
  const size = valueText({ value: Math.abs(value) }, unit);
  return `${value < 0 ? '\u2212' : '+'}${size}`;
}
