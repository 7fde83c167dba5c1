/** A process that speaks in messages, and how it ended. */
import { type ChildProcess as Child, fork, type StdioOptions } from 'node:child_process';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { type Heartbeat, Pulse } from '../../actors/runtime/heartbeat.ts';
import type { FromProcess, ToProcess } from './messages.ts';

/** Beside this file: its source, or what was built of it. */
const SCRIPT = ['child.ts', 'child.js'].map((name) => path.join(import.meta.dirname, name)).find(existsSync)!;

/** Milliseconds. */
const LAST_WORDS = 1000;

export class ChildProcess {
  readonly name: string;
  /** Resolves with how it ended, for people. */
  readonly exited: Promise<string>;
  /** It has said its last word: its result, that it is no longer needed, or (a coordinator) why it failed. */
  finished = false;
  readonly #child: Child;
  #pulse: Pulse | undefined;

  /** @param environment variables besides those of this process */
  constructor(name: string, onMessage: (message: FromProcess) => void, environment?: Readonly<Record<string, string>>) {
    this.name = name;
    const env = { ...process.env, ...environment };
    const stdio: StdioOptions = ['ignore', 'inherit', 'inherit', 'ipc'];
    this.#child = fork(SCRIPT, { env, serialization: 'advanced', stdio });
    this.#child.on('message', (message: FromProcess) => {
      this.#pulse?.heard();
      if (message.kind === 'pong') return;
      const dismissed = message.kind === 'dismissed' && message.reason === undefined;
      if (dismissed || message.kind === 'result' || (message.kind === 'failed' && name === 'coordinator')) {
        this.finished = true;
      }
      onMessage(message);
    });
    this.exited = new Promise((resolve) => {
      const ended = (how: string) => {
        this.#pulse?.stop();
        resolve(how);
      };
      this.#child.on('error', (error) => ended(error.message));
      this.#child.on('exit', (code, signal) => {
        const how = signal ?? `exit code ${code}`;
        // Its last words may still be under way: they are read before `disconnect`.
        if (!this.#child.connected) return ended(how);
        const patience = setTimeout(ended, LAST_WORDS, how);
        this.#child.once('disconnect', () => {
          clearTimeout(patience);
          ended(how);
        });
      });
    });
  }

  /** From now on it has to answer within the heartbeat's timeout; one that does not hangs, and is ended. */
  expectAnswers(heartbeat: Heartbeat, onSilence: () => void): void {
    this.#pulse?.stop();
    this.#pulse = new Pulse(
      heartbeat,
      () => this.send({ kind: 'ping' }),
      () => {
        this.#pulse?.stop();
        onSilence();
        this.kill();
      },
    );
  }

  get pid(): number | undefined {
    return this.#child.pid;
  }

  /** A process that has just ended does not hear it; that it ended is told by `exited`. */
  send(message: ToProcess): void {
    if (this.#child.connected) this.#child.send(message, () => undefined);
  }

  /** At once, also where it hangs. */
  kill(): void {
    this.#child.kill('SIGKILL');
  }
}
