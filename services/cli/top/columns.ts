/** The columns of jobs, as many of them as there is room for. */

import type { JobState } from '../../jobs/job-states.ts';
import { colour } from '../colour.ts';

interface Column {
  readonly title: string;
  readonly width: number;
  /** 1 stays longest where it gets narrow. */
  readonly rank: number;
  readonly isText?: boolean;
  cell(row: JobState, now: number): string;
}

const NOTHING = '-';
const BAR = 12;
/** Of a job's id, which takes what others leave. */
const LEAST_ID = 8;
const MOST_ID = 40;

const COLUMNS: readonly Column[] = [
  { title: 'state', width: 9, rank: 1, isText: true, cell: ({ state }) => state },
  { title: 'progress', width: BAR, rank: 7, isText: true, cell: (row) => bar(shareOf(row)) },
  { title: 'done', width: 5, rank: 2, cell: (row) => percent(shareOf(row)) },
  { title: 'step', width: 13, rank: 6, cell: ({ step, total }) => (step === null ? NOTHING : `${step}/${total}`) },
  { title: 'images/s', width: 8, rank: 4, cell: ({ imagesPerSecond }) => imagesPerSecond?.toFixed(1) ?? NOTHING },
  { title: 'loss', width: 7, rank: 3, cell: ({ loss }) => loss?.toFixed(3) ?? NOTHING },
  { title: 'attempts', width: 8, rank: 8, cell: ({ attempts }) => String(attempts) },
  { title: 'age', width: 5, rank: 5, cell: ({ created }, now) => age((now - Date.parse(created)) / 1000) },
];

const COLOURS: Readonly<Record<JobState['state'], (text: string) => string>> = {
  running: colour.green,
  waiting: colour.yellow,
  queued: (text) => text,
  succeeded: colour.dim,
  failed: colour.red,
  cancelled: colour.dim,
  rejected: colour.red,
};

export interface Table {
  readonly title: string;
  readonly rows: readonly string[];
}

/** @param width characters of a row. @param now milliseconds created 1970 */
export function tableOf(jobs: readonly JobState[], width: number, now: number): Table {
  const longest = Math.max(LEAST_ID, ...jobs.map(({ id }) => id.length));
  const shown = fitting(width - Math.min(longest, MOST_ID), width);
  const used = shown.reduce((sum, column) => sum + column.width + 1, 0);
  const idWidth = Math.max(1, Math.min(longest, width - used));
  const line = (id: string, cells: readonly string[]) => [fit(id, idWidth, true), ...cells].join(' ');
  return {
    title: line(
      'job',
      shown.map((column) => fit(column.title, column.width, column.isText)),
    ),
    rows: jobs.map((row) => {
      const cells = shown.map((column) => {
        const text = fit(column.cell(row, now), column.width, column.isText);
        return column.title === 'state' ? COLOURS[row.state](text) : text;
      });
      return line(row.id, cells);
    }),
  };
}

/** The most important columns that fit beside the ids, or beside the least that is shown of them. */
function fitting(room: number, width: number): readonly Column[] {
  const chosen = new Set<Column>();
  let left = width - LEAST_ID;
  let comfortable = room;
  for (const column of [...COLUMNS].sort((one, other) => one.rank - other.rank)) {
    const needed = column.width + 1;
    // The first three are worth a shortened id.
    if (needed > (column.rank <= 3 ? left : Math.min(left, comfortable))) continue;
    chosen.add(column);
    left -= needed;
    comfortable -= needed;
  }
  return COLUMNS.filter((column) => chosen.has(column));
}

function fit(text: string, width: number, isText = false): string {
  const short = text.length > width ? `${text.slice(0, width - 1)}…` : text;
  return isText ? short.padEnd(width) : short.padStart(width);
}

function shareOf({ step, total }: JobState): number | null {
  return step === null || total === null || total <= 0 ? null : Math.min(1, step / total);
}

function bar(share: number | null): string {
  if (share === null) return '';
  const full = Math.round(share * BAR);
  return '━'.repeat(full) + '─'.repeat(BAR - full);
}

function percent(share: number | null): string {
  return share === null ? NOTHING : `${Math.floor(100 * share)} %`;
}

/** Seconds as 59s, 59m, 23h or 12d. */
export function age(seconds: number): string {
  const whole = Math.max(0, Math.floor(seconds));
  if (whole < 60) return `${whole}s`;
  if (whole < 3600) return `${Math.floor(whole / 60)}m`;
  if (whole < 86_400) return `${Math.floor(whole / 3600)}h`;
  return `${Math.floor(whole / 86_400)}d`;
}
