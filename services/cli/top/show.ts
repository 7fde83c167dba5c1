/** Jobs and machine on the screen, until the user has seen enough. */
import type { ReadStream, WriteStream } from 'node:tty';
import { messageOf } from '../../../errors.ts';
import type { MessageBus } from '../../bus/message-bus.ts';
import type { JobBoard } from '../../jobs/job-board.ts';
import { jobLogFile } from '../../jobs/job-log.ts';
import { publishJob } from '../../jobs/submit.ts';
import { describeRecord, parseLogLine } from '../../logs/log-record.ts';
import { lastLines } from '../../logs/tail.ts';
import { type MachineLoad, MachineWatch } from './machine.ts';
import { pictureOf } from './picture.ts';
import { Screen } from './screen.ts';
import { type Key, press, START, withJobs } from './state.ts';
import { type Details, screenOf } from './view.ts';

/** Milliseconds between two looks at the machine. */
const LOOK_EVERY = 1000;
/** Milliseconds in which what happens is drawn together. */
const DRAW_WITHIN = 100;

export interface ShowOptions {
  readonly bus: MessageBus;
  readonly board: JobBoard;
  /** Where logs of jobs are. */
  readonly outRoot: string | undefined;
  readonly input: ReadStream;
  readonly output: WriteStream;
}

/** Resolves when the user quits. @throws BusError */
export async function show(options: ShowOptions): Promise<void> {
  const top = new Top(options);
  try {
    await top.run();
  } finally {
    top.close();
  }
}

class Top {
  readonly #options: ShowOptions;
  readonly #screen: Screen;
  readonly #watch = new MachineWatch();
  #machine: MachineLoad = this.#watch.look();
  #state = START;
  #timer: NodeJS.Timeout | undefined;
  #drawing: NodeJS.Timeout | undefined;
  #unsubscribe: () => void = () => undefined;
  #end: (error?: unknown) => void = () => undefined;

  constructor(options: ShowOptions) {
    this.#options = options;
    this.#screen = new Screen(options.input, options.output);
  }

  async run(): Promise<void> {
    const { board } = this.#options;
    const ended = new Promise<void>((resolve, reject) => {
      this.#end = (error) => (error === undefined ? resolve() : reject(error));
    });
    this.#screen.open({ onKey: (key) => this.#press(key), onResize: () => this.#drawSafely() });
    this.#unsubscribe = board.subscribe(() => this.#drawSoon());
    this.#timer = setInterval(() => {
      this.#machine = this.#watch.look();
      this.#drawSafely();
    }, LOOK_EVERY);
    this.#drawSafely();
    await Promise.race([ended, board.failed]);
  }

  close(): void {
    clearInterval(this.#timer);
    clearTimeout(this.#drawing);
    this.#unsubscribe();
    this.#screen.close();
  }

  #picture() {
    const { board, bus } = this.#options;
    return pictureOf(board, bus.name, this.#machine, new Date());
  }

  #press(key: Key): void {
    const [state, effect] = press(this.#state, key, this.#picture().jobs);
    this.#state = state;
    if (effect?.kind === 'quit') this.#end();
    if (effect?.kind === 'cancel') void this.#cancel(effect.job);
    this.#drawSafely();
  }

  async #cancel(job: string): Promise<void> {
    let note: string;
    try {
      await publishJob(this.#options.bus, { kind: 'cancellation', job });
      note = `Asked for the end of ${job}.`;
    } catch (error) {
      note = `${job} was not cancelled: ${messageOf(error)}`;
    }
    this.#state = { ...this.#state, note };
    this.#drawSafely();
  }

  #drawSoon(): void {
    this.#drawing ??= setTimeout(() => this.#drawSafely(), DRAW_WITHIN);
  }

  /** A timer has nobody to throw at. */
  #drawSafely(): void {
    clearTimeout(this.#drawing);
    this.#drawing = undefined;
    try {
      const picture = this.#picture();
      this.#state = withJobs(this.#state, picture.jobs);
      this.#screen.draw(screenOf(picture, this.#state, this.#details(), this.#screen.size));
    } catch (error) {
      this.#end(error);
    }
  }

  #details(): Details | undefined {
    const { selected, isOpen } = this.#state;
    if (!isOpen || selected === undefined) return undefined;
    const { board, outRoot } = this.#options;
    const log = outRoot === undefined ? undefined : lastLines(jobLogFile(outRoot, selected));
    return { events: board.eventsOf(selected), log: log?.map((line) => describeRecord(parseLogLine(line))) };
  }
}
