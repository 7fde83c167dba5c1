import { AuspexError } from '../../errors.ts';

export type SetupErrorCode =
  /** Another system or processor than there are builds for. */
  | 'SETUP_UNSUPPORTED'
  /** A program that the set-up needs is missing. */
  | 'SETUP_TOOL_MISSING'
  /** A package could not be fetched, or is not the one that was asked for. */
  | 'SETUP_FETCH_FAILED'
  /** The binding could not be built, or does not load. */
  | 'SETUP_BUILD_FAILED';

export class SetupError extends AuspexError<SetupErrorCode> {}
