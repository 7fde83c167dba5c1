import { AuspexError } from '../../errors.ts';

/** A command line that asks for something that cannot be: exit code 2. */
export class UsageError extends AuspexError<'USAGE'> {
  constructor(message: string) {
    super('USAGE', message);
  }
}

/** A worker that the coordinator does not want. */
export class RefusedError extends AuspexError<'WORKER_REFUSED'> {
  constructor(reason: string) {
    super('WORKER_REFUSED', `The coordinator refused this worker: ${reason}`);
  }
}
