import { AuspexError } from '../errors.ts';

export type ProgramErrorCode =
  /** No way of recomputing brings the program into the memory that was given. */
  | 'BUDGET_TOO_SMALL'
  /** The program has no gradient as it stands. */
  | 'NOT_DIFFERENTIABLE'
  /** The network has no layer of that name. */
  | 'NO_SUCH_LAYER';

/** A program that cannot be made as asked. */
export class ProgramError<Code extends ProgramErrorCode = ProgramErrorCode> extends AuspexError<Code> {}
