/** A job that runs in a process of its own. */
import { type ChildProcess, fork } from 'node:child_process';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { messageOf } from '../../errors.ts';
import { LineSplitter } from '../logs/line-splitter.ts';
import { type Answer, type Ask, ask } from './asks.ts';
import { type ChildEvent, ChildLines, endingOf } from './child-output.ts';
import type { Work } from './job.ts';
import type { JobLog } from './job-log.ts';
import { BELOW_LOWERED, lowerPriority, yieldToTraining } from './lower-priority.ts';
import type { Ending } from './queue.ts';
import type { TrainingLine } from './training-line.ts';

/** Beside this file: its source, or what was built of it. */
const SCRIPT = ['child.ts', 'child.js'].map((name) => path.join(import.meta.dirname, name)).find(existsSync)!;

/** Characters of standard error that are kept. */
const KEPT_ERRORS = 8000;

export interface ChildJobOptions {
  /** Where what it says is kept. */
  readonly log: JobLog;
  /** Variables besides those of this process. */
  readonly environment?: Readonly<Record<string, string>>;
  /** It is beside a training, which comes first. @default false */
  readonly yields?: boolean;
  onEvent(event: ChildEvent): void;
  /** What it asks for, over its channel. */
  onAsk?(ask: Ask): void;
  onTraining?(line: TrainingLine): void;
}

export class ChildJob {
  /** Resolves once the process is gone and all that it said was read. */
  readonly ended: Promise<Ending>;
  readonly #child: ChildProcess;
  #patience: NodeJS.Timeout | undefined;

  /** @param args of the command line, with --json */
  constructor(
    work: Work,
    args: readonly string[],
    { log, environment, yields = false, onEvent, onAsk, onTraining }: ChildJobOptions,
  ) {
    // A group of its own: a terminal's Ctrl-C reaches the server only, which then asks its jobs to end.
    const env = { ...process.env, ...environment };
    this.#child = fork(SCRIPT, [...args], { env, stdio: ['ignore', 'pipe', 'pipe', 'ipc'], detached: true });
    let lastLine = '';
    let errors = '';
    const errorLines = new LineSplitter();
    this.ended = new Promise((resolve) => {
      const end = (ending: Ending) => {
        clearTimeout(this.#patience);
        for (const line of errorLines.end()) log.saidAsText(line);
        resolve(ending);
      };
      this.#child.on('error', ({ message }) => end({ kind: 'failed', code: 'CHILD_CRASHED', message }));
      this.#child.on('close', (code, signal) => end(endingOf(work, { code, signal, lastLine, errors })));
    });
    const { stdout, stderr } = this.#child;
    // Where no process can be made, as without free file descriptors, there are none, and only the error comes.
    if (!stdout || !stderr) return;
    log.started(this.#child.pid, args);
    this.#lowerPriority(log, yields);
    this.#child.on('message', (message) => {
      const { data } = ask.safeParse(message);
      if (data) onAsk?.(data);
    });
    const lines = new ChildLines(onTraining);
    createInterface({ input: stdout }).on('line', (line) => {
      lastLine = line;
      log.said(line);
      const event = lines.read(line);
      if (event) onEvent(event);
    });
    stderr.setEncoding('utf8').on('data', (text: string) => {
      errors = (errors + text).slice(-KEPT_ERRORS);
      for (const line of errorLines.push(text)) log.saidAsText(line);
    });
  }

  /** One that is gone by then hears nothing. */
  answer(answer: Answer): void {
    if (this.#child.connected) this.#child.send(answer, () => undefined);
  }

  /** Asks it to end, after which a training saves a checkpoint. @param milliseconds in which it has to */
  interrupt(milliseconds: number): void {
    if (this.#patience !== undefined) return;
    this.#child.kill('SIGINT');
    this.#patience = setTimeout(() => this.kill(), milliseconds);
  }

  /** At once, also where it hangs. */
  kill(): void {
    this.#child.kill('SIGKILL');
  }

  get pid(): number | undefined {
    return this.#child.pid;
  }

  #lowerPriority(log: JobLog, yields: boolean): void {
    try {
      if (this.pid === undefined) return;
      if (yields) yieldToTraining(this.pid, BELOW_LOWERED);
      else lowerPriority(this.pid);
    } catch (error) {
      log.warn(`its priority cannot be lowered: ${messageOf(error)}`);
    }
  }
}
