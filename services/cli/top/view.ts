/** What stands on the screen, as lines that are to be cut at its width. */

import type { JobEvent } from '../../jobs/events.ts';
import { colour } from '../colour.ts';
import { shortBytes } from '../output.ts';
import { describeHappening } from '../text/event-text.ts';
import { tableOf } from './columns.ts';
import type { Picture } from './picture.ts';
import type { TopState } from './state.ts';

export interface Size {
  readonly columns: number;
  readonly rows: number;
}

/** Lines about a job that were gathered when its details are shown. */
export interface Details {
  readonly events: readonly JobEvent[];
  /** Undefined where nobody has said where logs are. */
  readonly log: readonly string[] | undefined;
}

const HEAD = 2;
const KEYS = 'q quit  ↑↓ select  enter open  c cancel';
const DETAIL_KEYS = 'q quit  esc back  c cancel';

export function headOf({ machine, bus, jobs, time }: Picture): string[] {
  const { cpu, processors, memoryUsedBytes, memoryBytes } = machine;
  const used = cpu === null ? '-' : `${Math.round(100 * cpu)} %`;
  const count = (state: string) => jobs.filter((job) => job.state === state).length;
  return [
    `CPU ${used} of ${processors}  memory ${shortBytes(memoryUsedBytes)} of ${shortBytes(memoryBytes)}  ${time.slice(11, 19)}`,
    `${count('running')} running, ${count('waiting') + count('queued')} waiting, ${jobs.length} jobs  ${bus}`,
  ];
}

/** For a pipe, or a single look. */
export function plainPicture(picture: Picture, columns: number): string {
  const { title, rows } = tableOf(picture.jobs, columns, Date.parse(picture.time));
  return [...headOf(picture), '', ...(rows.length === 0 ? ['No jobs.'] : [title, ...rows])].map(trimmed).join('\n');
}

/** As many lines as the screen has rows, none wider than its columns. */
export function screenOf(picture: Picture, state: TopState, details: Details | undefined, size: Size): string[] {
  const room = Math.max(1, size.rows - HEAD - 1);
  const cut = (text: string) => text.slice(0, size.columns);
  const body = details
    ? detailLines(state, details, room).map(cut)
    : jobLines(picture, state, Math.max(1, size.columns), room);
  const padding = Array.from({ length: Math.max(0, room - body.length) }, () => '');
  const lines = [...headOf(picture).map(cut), ...body, ...padding, colour.inverse(cut(footOf(state)))];
  return lines.slice(0, size.rows);
}

function footOf(state: TopState): string {
  if (state.asking) return `Cancel ${state.selected}? y/n`;
  return state.note ?? (state.isOpen ? DETAIL_KEYS : KEYS);
}

function jobLines({ jobs, time }: Picture, { selected }: TopState, columns: number, room: number): string[] {
  if (jobs.length === 0) return ['No jobs.'];
  const { title, rows } = tableOf(jobs, columns - 2, Date.parse(time));
  const at = jobs.findIndex(({ id }) => id === selected);
  // The selected one stays in sight.
  const first = Math.max(0, Math.min(at - room + 2, jobs.length - room + 1));
  const marked = rows.map((row, i) => (i === at ? colour.bold(`> ${row}`) : `  ${row}`));
  return [colour.dim(`  ${title}`), ...marked.slice(first, first + room - 1)];
}

function detailLines({ selected }: TopState, { events, log }: Details, room: number): string[] {
  const happened = events.map((event) => printable(`${event.time.slice(11, 19)} ${describeHappening(event)}`));
  if (log === undefined) return [`${selected}: events`, ...lastOf(happened, room - 1)];
  // Half the screen each, and what one does not need for the other.
  const logRoom = Math.max(Math.floor((room - 2) / 2), room - 2 - happened.length);
  const said = lastOf(log, logRoom);
  return [`${selected}: events`, ...lastOf(happened, room - 2 - said.length), 'log', ...said];
}

function lastOf(lines: readonly string[], count: number): readonly string[] {
  return count > 0 ? lines.slice(-count) : [];
}

function trimmed(line: string): string {
  return line.trimEnd();
}

/** Messages of errors may have anything in them. */
function printable(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is looked for
  return text.replace(/[\u0000-\u001f\u007f-\u009f]/g, ' ');
}
