/** Numbers and times as run pages write them. */

const whole = new Intl.NumberFormat('en-GB', { maximumFractionDigits: 0 });

export const count = (value) => (value === null || value === undefined ? '–' : whole.format(value));

/** Three significant digits, without an exponent where people do not expect one. */
export function number(value) {
  if (typeof value !== 'number' || !Number.isFinite(value)) return '–';
  const size = Math.abs(value);
  if (size >= 1000) return whole.format(value);
  return size > 0 && size < 1e-4 ? value.toExponential(1) : String(Number(value.toPrecision(3)));
}

/** The same with all three digits: a value that changes all the time should not change its length with it. */
export function figure(value) {
  if (typeof value !== 'number' || !Number.isFinite(value)) return '–';
  const size = Math.abs(value);
  return size >= 1000 || (size > 0 && size < 1e-3) ? number(value) : value.toPrecision(3);
}

export const share = (value) => (typeof value === 'number' ? `${(100 * value).toFixed(1)}\u00a0%` : '–');

export function bytes(value) {
  if (typeof value !== 'number') return '–';
  const units = ['B', 'KB', 'MB', 'GB', 'TB'];
  const power = value < 1000 ? 0 : Math.min(units.length - 1, Math.floor(Math.log10(value) / 3));
  return `${number(value / 1000 ** power)}\u00a0${units[power]}`;
}

export function duration(seconds) {
  if (!Number.isFinite(seconds)) return '–';
  if (seconds < 90) return `${Math.max(0, Math.round(seconds))}\u00a0s`;
  const minutes = Math.round(seconds / 60);
  if (minutes < 60) return `${minutes}\u00a0min`;
  const hours = Math.floor(minutes / 60);
  if (hours < 48) return `${hours}\u00a0h ${minutes % 60}\u00a0min`;
  return `${Math.floor(hours / 24)}\u00a0d ${hours % 24}\u00a0h`;
}

/** "10:31:07" of today, otherwise "4 May, 10:31"; in the reader's time zone. */
export function time(iso) {
  const date = new Date(iso);
  if (Number.isNaN(date.getTime())) return '–';
  const clock = date.toLocaleTimeString('en-GB');
  if (date.toDateString() === new Date().toDateString()) return clock;
  return `${date.toLocaleDateString('en-GB', { day: 'numeric', month: 'short' })}, ${clock.slice(0, 5)}`;
}

/** A sign and a word for each state, so that colour is never the only difference. */
export const STATES = {
  queued: ['○', 'queued'],
  running: ['▶', 'running'],
  waiting: ['↻', 'waits to try again'],
  succeeded: ['✓', 'succeeded'],
  failed: ['✕', 'failed'],
  cancelled: ['–', 'cancelled'],
  rejected: ['⊘', 'rejected'],
};

export const isActive = ({ state }) => state === 'queued' || state === 'running' || state === 'waiting';
