/** The terminal's second screen, given back however the process ends. */
import { emitKeypressEvents } from 'node:readline';
import type { ReadStream, WriteStream } from 'node:tty';
import type { Key } from './state.ts';
import type { Size } from './view.ts';

/** Second screen, no cursor, and no going on in the next row where a line is too long. */
const ENTER = '\u001b[?1049h\u001b[?25l\u001b[?7l\u001b[2J';
const LEAVE = '\u001b[?7h\u001b[?25h\u001b[?1049l';
const HOME = '\u001b[H';
const CLEAR_LINE = '\u001b[K';
/** What is not told has the size that terminals had first. */
const DEFAULT_SIZE: Size = { columns: 80, rows: 24 };

const SIGNALS = { SIGHUP: 129, SIGINT: 130, SIGTERM: 143 } as const;

export interface ScreenListener {
  onKey(key: Key): void;
  onResize(): void;
}

export class Screen {
  readonly #input: ReadStream;
  readonly #output: WriteStream;
  #isOpen = false;

  constructor(input: ReadStream, output: WriteStream) {
    this.#input = input;
    this.#output = output;
  }

  open({ onKey, onResize }: ScreenListener): void {
    this.#isOpen = true;
    // Before anything else, so that there is no moment in which the screen would stay.
    process.on('exit', this.#leave).on('uncaughtExceptionMonitor', this.#leave);
    for (const [signal, code] of Object.entries(SIGNALS)) process.on(signal, () => process.exit(code));
    // After a stop by a signal the shell has used the screen.
    process.on('SIGCONT', () => {
      if (this.#isOpen) this.#enter();
      onResize();
    });
    emitKeypressEvents(this.#input);
    this.#input.on('keypress', (_: string | undefined, key: Key) => onKey(key));
    // The terminal is gone.
    const onGone = () => process.exit(SIGNALS.SIGHUP);
    this.#input.once('end', onGone).once('error', onGone);
    this.#output.on('resize', onResize);
    this.#enter();
    this.#input.resume();
  }

  get size(): Size {
    const { columns, rows } = this.#output;
    return { columns: columns || DEFAULT_SIZE.columns, rows: rows || DEFAULT_SIZE.rows };
  }

  draw(lines: readonly string[]): void {
    if (!this.#isOpen) return;
    // Cleared before it is written: at the end of a full line the cursor still stands on its last character.
    this.#output.write(HOME + lines.map((line) => CLEAR_LINE + line).join('\r\n'));
  }

  close(): void {
    this.#leave();
    process.off('exit', this.#leave).off('uncaughtExceptionMonitor', this.#leave);
    this.#input.pause();
  }

  #enter(): void {
    this.#input.setRawMode(true);
    this.#output.write(ENTER);
  }

  readonly #leave = (): void => {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    this.#output.write(LEAVE);
    this.#input.setRawMode(false);
  };
}
