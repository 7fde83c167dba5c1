/**
 * What `auspex train` shows while it runs: one bar on a terminal, a line every ten seconds where standard error is a file
 * or a pipe, and with `--json` one object per line on standard output.
 */
import { MultiBar } from 'cli-progress';
import type { StepRecord } from '../../../training/run/records.ts';
import { formatCount, formatDuration, formatNumber } from '../../../training/run-page/format.ts';

/** Milliseconds between plain lines. */
const PLAIN_LINE_EVERY = 10_000;

/** process.stderr, or anything that may be a terminal. */
export type TerminalStream = NodeJS.WritableStream & { readonly isTTY?: boolean; readonly columns?: number };

export interface TrainingProgressOptions {
  /** Write JSON lines to standard output instead of a bar. */
  readonly json: boolean;
  /** Steps of the whole run. */
  readonly total: number;
  /** For people. @default process.stderr */
  readonly stream?: TerminalStream;
  /** For programs. @default process.stdout */
  readonly output?: NodeJS.WritableStream;
  /** Milliseconds that only grow. @default performance.now */
  readonly now?: () => number;
}

export interface TrainingProgress {
  step(record: StepRecord): void;
  /** A sentence for people: on standard error, whatever the mode. */
  note(message: string): void;
  /** Ends the display. With `json`, `result` becomes the last line of standard output. Safe to call twice. */
  stop(result?: object): void;
}

/** The display that fits the streams. Always call `stop`, or the terminal keeps its bar and the process its timer. */
export function createTrainingProgress(options: TrainingProgressOptions): TrainingProgress {
  const { json, total, stream = process.stderr, output = process.stdout, now = () => performance.now() } = options;
  if (json) return jsonLines(stream, output);
  return stream.isTTY ? terminalBar(stream, total, now) : plainLines(stream, total, now);
}

function jsonLines(stream: NodeJS.WritableStream, output: NodeJS.WritableStream): TrainingProgress {
  let stopped = false;
  const write = (value: object) => output.write(`${JSON.stringify(value)}\n`);
  return {
    step: ({ kind, ...record }) => write({ event: kind, ...record }),
    note: (message) => stream.write(`${message}\n`),
    stop(result) {
      if (!stopped && result) write(result);
      stopped = true;
    },
  };
}

function plainLines(stream: NodeJS.WritableStream, total: number, now: () => number): TrainingProgress {
  const timeLeft = createTimeLeft(total, now);
  let written = -Infinity;
  return {
    step(record) {
      const left = timeLeft(record.step);
      if (now() - written < PLAIN_LINE_EVERY && record.step < total) return;
      written = now();
      const steps = `step ${formatCount(record.step)} of ${formatCount(total)}`;
      stream.write(`${[steps, ...describe(record), left].join(', ')}\n`);
    },
    note: (message) => stream.write(`${message}\n`),
    stop: () => {},
  };
}

function terminalBar(stream: TerminalStream, total: number, now: () => number): TrainingProgress {
  const timeLeft = createTimeLeft(total, now);
  const { columns = 80 } = stream;
  const bars = new MultiBar({
    stream,
    // A narrow terminal cuts the end off, so what matters least stands there.
    format: '{bar} {steps} · {left} · {facts}',
    barCompleteChar: '━',
    barIncompleteChar: '─',
    barsize: Math.min(24, Math.max(6, columns - 90)),
    hideCursor: true,
    linewrap: false,
    fps: 5,
    gracefulExit: false, // Ctrl-C is for the training to handle: it saves first
  });
  const of = (step: number) => `${formatCount(step)}/${formatCount(total)}`;
  const bar = bars.create(total, 0, { steps: of(0), left: 'first step', facts: '' });
  let stopped = false;
  return {
    step(record) {
      bar.update(record.step, {
        steps: of(record.step),
        left: timeLeft(record.step),
        facts: describe(record).join(' · '),
      });
    },
    note(message) {
      if (stopped) stream.write(`${message}\n`);
      else bars.log(`${message}\n`);
    },
    stop() {
      if (stopped) return;
      stopped = true;
      bars.update(); // draws the last step and the last notes
      bars.stop();
    },
  };
}

function describe(record: StepRecord): string[] {
  const { imagesPerSecond, learningRate, prototypeEntropy } = record;
  return [
    `${formatNumber(imagesPerSecond)} images/s`,
    describeLoss(record),
    `lr ${formatNumber(learningRate)}`,
    `prototype use ${Math.round(100 * prototypeEntropy)} %`,
  ];
}

/** An overflow is part of finding the loss scale of fp16, and no reason to worry. */
function describeLoss({ loss, overflowed, lossScale }: StepRecord): string {
  if (loss !== null) return `loss ${loss.toFixed(3)}`;
  return overflowed ? `step skipped, loss scale lowered to ${formatCount(lossScale!)}` : 'loss not finite';
}

/** Time left by the mean pace since the first step this process has seen, which also holds for a resumed run. */
function createTimeLeft(total: number, now: () => number): (step: number) => string {
  let first: { step: number; at: number } | undefined;
  return (step) => {
    first ??= { step, at: now() };
    if (step === first.step) return 'time left unknown';
    const secondsPerStep = (now() - first.at) / 1000 / (step - first.step);
    return `${formatDuration(secondsPerStep * (total - step))} left`;
  };
}
