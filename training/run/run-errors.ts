import { CheckpointError } from '../../checkpoints/errors.ts';
import { AuspexError } from '../../errors.ts';

export type RunErrorCode =
  /** Another live process trains into the folder. */
  | 'RUN_FOLDER_LOCKED'
  /** A new run was asked for where an earlier one lies. */
  | 'RUN_EXISTS'
  /** A resume was asked for where no run lies. */
  | 'RUN_NOT_FOUND'
  /** The folder was written by a newer version of Auspex. */
  | 'RUN_FORMAT_TOO_NEW'
  /** No permission, or a read-only disk. */
  | 'RUN_FOLDER_NOT_WRITABLE'
  /** The disk or the quota is full. */
  | 'DISK_FULL'
  /** A file of the folder is not what Auspex wrote there. */
  | 'RUN_FILE_BROKEN'
  /** Any other failure of the file system. */
  | 'RUN_FOLDER_FAILED';

/** What goes wrong with a run folder. */
export class RunError extends AuspexError<RunErrorCode> {}

/** The typed error for a failed operation on a file of the run folder: what could not be done, and what to do about it. */
export function runFileError(error: unknown, file: string): RunError {
  if (error instanceof RunError) return error;
  // An atomic write comes with an error of its own around the system's.
  const system = error instanceof CheckpointError && error.cause instanceof Error ? error.cause : error;
  const { code, message } = system as NodeJS.ErrnoException;
  switch (code) {
    case 'ENOSPC':
    case 'EDQUOT':
      return new RunError('DISK_FULL', `${file} could not be written: the disk is full. Free space, then resume.`, {
        cause: error,
      });
    case 'EACCES':
    case 'EPERM':
    case 'EROFS':
      return new RunError(
        'RUN_FOLDER_NOT_WRITABLE',
        `${file} could not be written: ${code === 'EROFS' ? 'the disk is read-only' : 'permission denied'}. ` +
          'Choose another folder with --out.',
        { cause: error },
      );
    default:
      return new RunError('RUN_FOLDER_FAILED', `${file} could not be used: ${message}`, { cause: error });
  }
}
