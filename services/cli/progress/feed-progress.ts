/**
 * What `auspex feed` shows while it runs: one bar on a terminal, a line every ten seconds where standard error is a file or a
 * pipe, and with `--json` one object per line on standard output.
 */
import { MultiBar } from 'cli-progress';
import { formatCount, formatDuration, formatNumber } from '../../../training/run-page/format.ts';
import type { FeedCounts, FeedEvent } from '../../feed/feed.ts';
import type { Output } from '../output.ts';

/** Milliseconds between plain lines. */
const PLAIN_LINE_EVERY = 10_000;

export interface FeedProgress {
  show(event: FeedEvent): void;
  /** A sentence for people: on standard error, whatever the mode. */
  note(text: string): void;
  stop(): void;
}

/** @param total number of images where it is known: of shards only their own number is */
export function createFeedProgress(output: Output, json: boolean, total: number | null): FeedProgress {
  const stream = process.stderr;
  const display = !json && stream.isTTY ? terminalBar(total) : plainLines(json ? output : undefined);
  const rate = createRate();
  return {
    show(event) {
      if (event.kind === 'progress') display.progress(event, rate(event));
      else if (event.kind === 'scanning') display.scanning(event.done, event.total);
      // The others stand in a file that the result names.
      else if (event.kind !== 'rejected') {
        const { kind, ...facts } = event;
        if (json) output.event({ event: kind, ...facts });
        else display.note(describe(event));
      }
    },
    note: (text) => display.note(text),
    stop: () => display.stop(),
  };
}

interface Rates {
  readonly imagesPerSecond: number;
  readonly megabytesPerSecond: number;
}

interface Display {
  progress(counts: FeedCounts, rates: Rates): void;
  scanning(done: number, total: number): void;
  note(text: string): void;
  stop(): void;
}

function describe(event: Extract<FeedEvent, { kind: 'waiting' | 'back' }>): string {
  if (event.kind === 'waiting') return `waiting ${event.seconds} s for the bus: ${event.reason}`;
  return `the bus is back; ${event.found} of the images that failed were in the topic`;
}

/** Means since the first image. */
function createRate(): (counts: FeedCounts) => Rates {
  let begin: number | undefined;
  return ({ images, bytes }) => {
    begin ??= performance.now();
    const seconds = (performance.now() - begin) / 1000;
    if (seconds === 0) return { imagesPerSecond: 0, megabytesPerSecond: 0 };
    return { imagesPerSecond: images / seconds, megabytesPerSecond: bytes / 1e6 / seconds };
  };
}

function facts({ published, duplicates, rejected }: FeedCounts, { imagesPerSecond, megabytesPerSecond }: Rates) {
  return [
    `${formatNumber(imagesPerSecond)} images/s`,
    `${formatNumber(megabytesPerSecond)} MB/s`,
    `${formatCount(published)} published`,
    `${formatCount(duplicates)} duplicates`,
    `${formatCount(rejected)} rejected`,
  ];
}

/** @param output with --json; else the lines are for people */
function plainLines(output: Output | undefined): Display {
  let written = performance.now();
  const write = (text: string) => process.stderr.write(`${text}\n`);
  const isDue = () => {
    if (performance.now() - written < PLAIN_LINE_EVERY) return false;
    written = performance.now();
    return true;
  };
  return {
    progress(counts, rates) {
      if (!isDue()) return;
      if (output) output.event({ event: 'progress', ...counts, kind: undefined, ...rates });
      else write(`${formatCount(counts.images)} images, ${facts(counts, rates).join(', ')}`);
    },
    scanning(done, total) {
      if (!isDue()) return;
      if (output) output.event({ event: 'scanning', done, total });
      else write(`reading the topic: ${formatCount(done)} of ${formatCount(total)} messages`);
    },
    note: write,
    stop: () => undefined,
  };
}

function terminalBar(total: number | null): Display {
  const bars = new MultiBar({
    stream: process.stderr,
    format: total === null ? '{done} · {facts}' : '{bar} {done} · {left} · {facts}',
    barCompleteChar: '━',
    barIncompleteChar: '─',
    barsize: 20,
    hideCursor: true,
    linewrap: false,
    fps: 5,
    gracefulExit: false, // Ctrl-C is for the feed to handle: its batch goes to its end
  });
  const bar = bars.create(total ?? 1, 0, { done: '', left: '', facts: '' });
  return {
    progress(counts, rates) {
      const { images } = counts;
      const of = total === null ? '' : `/${formatCount(total)}`;
      const seconds = total === null ? 0 : (total - images) / rates.imagesPerSecond;
      bar.update(total === null ? 0 : Math.min(images, total), {
        done: `${formatCount(images)}${of} images`,
        left: `${formatDuration(seconds)} left`,
        facts: facts(counts, rates).join(' · '),
      });
    },
    scanning(done, all) {
      bar.update(0, {
        done: `reading the topic: ${formatCount(done)}/${formatCount(all)} messages`,
        left: '',
        facts: '',
      });
    },
    note: (text) => bars.log(`${text}\n`),
    stop() {
      bars.update();
      bars.stop();
    },
  };
}
