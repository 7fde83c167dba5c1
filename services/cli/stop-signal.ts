/** Ctrl-C as a wish: the first asks for a clean end, another ends the process at once. */

/** Milliseconds after a first signal in which another is the same: npx and the terminal both pass a Ctrl-C on. */
const SAME_SIGNAL = 500;
/** As a shell has them for processes that a signal has ended. */
const EXIT_CODES = { SIGINT: 130, SIGTERM: 143 } as const;

export interface StopSignal {
  readonly signal: AbortSignal;
  /** Of a process that a signal has ended; undefined while none came. */
  readonly exitCode: number | undefined;
  /** Signals end the process again, unless one came: a belated second must not hit what is still to be written. */
  release(): void;
}

/** @param onStop tells the user who has asked for an end that it was heard */
export function signalOfUser(onStop: () => void): StopSignal {
  const abort = new AbortController();
  let first: number | undefined;
  let exitCode: number | undefined;
  const stop = (signal: 'SIGINT' | 'SIGTERM') => {
    if (first !== undefined) {
      if (performance.now() - first > SAME_SIGNAL) process.exit(EXIT_CODES[signal]);
      return;
    }
    first = performance.now();
    exitCode = EXIT_CODES[signal];
    onStop();
    abort.abort();
  };
  process.on('SIGINT', stop).on('SIGTERM', stop);
  return {
    signal: abort.signal,
    get exitCode() {
      return exitCode;
    },
    release() {
      if (first === undefined) process.off('SIGINT', stop).off('SIGTERM', stop);
    },
  };
}
