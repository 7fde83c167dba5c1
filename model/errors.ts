import { AuspexError } from '../errors.ts';

export type ModelErrorCode = 'INVALID_ARCHITECTURE' | 'UNKNOWN_ARCHITECTURE' | 'INVALID_SCHEDULE';

/** A model that cannot be described: impossible parameters, or a name that no family has. */
export class ModelError extends AuspexError<ModelErrorCode> {}
