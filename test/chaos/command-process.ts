/** An `auspex` command as a process whose words are kept. */
import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { command } from '../services/cli/built.ts';
import { MARK } from './processes.ts';
import type { Log } from './training.ts';
import type { Watch } from './watch.ts';

export interface CommandOptions {
  readonly name: string;
  readonly mark: string;
  readonly log: Log;
  /** Who listens to its standard output. */
  readonly watch?: Watch;
  /** Put before the command, such as `ip netns exec NAME`. */
  readonly prefix?: readonly string[];
}

export class CommandProcess {
  readonly name: string;
  /** Resolves with how it ended. */
  readonly ended: Promise<string>;
  hasEnded = false;
  readonly #child: ChildProcess;

  constructor(args: readonly string[], { name, mark, log, watch, prefix = [] }: CommandOptions) {
    this.name = name;
    const [file, ...rest] = [...prefix, process.execPath, command, ...args];
    this.#child = spawn(file!, rest, {
      env: { ...process.env, [MARK]: mark, NODE_V8_COVERAGE: '' },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    log.write(`${name}: process ${this.#child.pid}`);
    createInterface({ input: this.#child.stderr! }).on('line', (line) => log.write(`${name}: ${line}`));
    if (watch) watch.listen(this.#child.stdout!);
    else createInterface({ input: this.#child.stdout! }).on('line', (line) => log.write(`${name}: ${line}`));
    this.ended = new Promise((resolve) => {
      this.#child.on('error', (error) => resolve(error.message));
      // When its last words are read; a child of its own that has its output open would delay `close`.
      this.#child.on('exit', (code, signal) => {
        this.hasEnded = true;
        log.write(`${name}: ended with ${signal ?? `exit code ${code}`}`);
        setTimeout(() => resolve(signal ?? `exit code ${code}`), 100);
      });
    });
  }

  get pid(): number | undefined {
    return this.#child.pid;
  }
}
