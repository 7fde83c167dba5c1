/** A job that runs in a process of its own. */
import { type ChildProcess, fork } from 'node:child_process';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { type ChildEvent, ChildLines, endingOf } from './child-output.ts';
import type { Work } from './job.ts';
import type { Ending } from './queue.ts';

/** Beside this file: its source, or what was built of it. */
const SCRIPT = ['child.ts', 'child.js'].map((name) => path.join(import.meta.dirname, name)).find(existsSync)!;

/** Characters of standard error that are kept. */
const KEPT_ERRORS = 8000;

export class ChildJob {
  /** Resolves once the process is gone and all that it said was read. */
  readonly ended: Promise<Ending>;
  readonly #child: ChildProcess;
  #patience: NodeJS.Timeout | undefined;

  /** @param args of the command line, with --json */
  constructor(work: Work, args: readonly string[], onEvent: (event: ChildEvent) => void) {
    // A group of its own: a terminal's Ctrl-C reaches the server only, which then asks its jobs to end.
    this.#child = fork(SCRIPT, [...args], { stdio: ['ignore', 'pipe', 'pipe', 'ipc'], detached: true });
    const lines = new ChildLines();
    let lastLine = '';
    let errors = '';
    createInterface({ input: this.#child.stdout! }).on('line', (line) => {
      lastLine = line;
      const event = lines.read(line);
      if (event) onEvent(event);
    });
    this.#child.stderr!.setEncoding('utf8').on('data', (text: string) => {
      errors = (errors + text).slice(-KEPT_ERRORS);
    });
    this.ended = new Promise((resolve) => {
      const end = (ending: Ending) => {
        clearTimeout(this.#patience);
        resolve(ending);
      };
      this.#child.on('error', ({ message }) => end({ kind: 'failed', code: 'CHILD_CRASHED', message }));
      this.#child.on('close', (code, signal) => end(endingOf(work, { code, signal, lastLine, errors })));
    });
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
}
