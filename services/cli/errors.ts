import { AuspexError } from '../../errors.ts';

/** A command line that asks for something that cannot be: exit code 2. */
export class UsageError extends AuspexError<'USAGE'> {
  constructor(message: string) {
    super('USAGE', message);
  }
}
