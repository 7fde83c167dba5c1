import { AuspexError } from '../../errors.ts';

/** There is no log where one was looked for. */
export class LogsError extends AuspexError<'LOG_NOT_FOUND'> {}
