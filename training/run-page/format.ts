/** Numbers and times as the page writes them: British English, so that a page looks the same wherever it was made. */

const whole = new Intl.NumberFormat('en-GB', { maximumFractionDigits: 0 });

/** 4260 -> "4,260". */
export const formatCount = (count: number): string => whole.format(count);

/** 0.3804 -> "38.0 %". */
export const formatShare = (share: number): string => `${(100 * share).toFixed(1)}\u00a0%`;

/** Three significant digits, without an exponent where people do not expect one: 0.0093, 4.85, 142. */
export function formatNumber(value: number): string {
  if (!Number.isFinite(value)) return '–';
  const size = Math.abs(value);
  if (size >= 1000) return whole.format(value);
  return size > 0 && size < 1e-4 ? value.toExponential(1) : String(Number(value.toPrecision(3)));
}

/** 5025 s -> "1 h 24 min". */
export function formatDuration(seconds: number): string {
  if (!Number.isFinite(seconds)) return '–';
  if (seconds < 90) return `${Math.max(0, Math.round(seconds))}\u00a0s`;
  const minutes = Math.round(seconds / 60);
  if (minutes < 60) return `${minutes}\u00a0min`;
  const hours = Math.floor(minutes / 60);
  if (hours < 48) return `${hours}\u00a0h ${minutes % 60}\u00a0min`;
  return `${Math.floor(hours / 24)}\u00a0d ${hours % 24}\u00a0h`;
}

/** "2024-05-04T10:31:07.120Z" -> "2024-05-04 10:31 UTC". */
export const formatTime = (iso: string): string => `${iso.slice(0, 16).replace('T', ' ')} UTC`;
