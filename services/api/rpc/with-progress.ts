/** Work that tells how far it is, as a stream: the latest progress whenever the reader is ready, and at the end the result. */
export async function* withProgress<Progress, Result>(
  work: (report: (progress: Progress) => void) => Promise<Result>,
  signal: AbortSignal,
): AsyncGenerator<{ readonly progress: Progress } | { readonly result: Result }> {
  let latest: Progress | undefined;
  let wake: () => void = () => undefined;
  const working = work((progress) => {
    // Work that has no signal of its own ends where it next reports.
    signal.throwIfAborted();
    latest = progress;
    wake();
  });
  let hasEnded = false;
  const ended = () => {
    hasEnded = true;
    wake();
  };
  working.then(ended, ended);
  while (!hasEnded) {
    if (latest === undefined) {
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
      continue;
    }
    const progress = latest;
    latest = undefined;
    yield { progress };
  }
  yield { result: await working };
}
