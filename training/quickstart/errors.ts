import { AuspexError } from '../../errors.ts';

/**
 * What can keep the quickstart from its photos or from its result.
 *
 * - `PHOTOS_NOT_FETCHED`: the package of photos could not be fetched (no apt-get, no connection, no such package).
 * - `TOO_FEW_PHOTOS`: fewer usable photos than the task needs.
 * - `BAD_ARCHIVE`: a Qt resource archive that cannot be read.
 */
export type QuickstartErrorCode = 'PHOTOS_NOT_FETCHED' | 'TOO_FEW_PHOTOS' | 'BAD_ARCHIVE';

export class QuickstartError extends AuspexError<QuickstartErrorCode> {}
