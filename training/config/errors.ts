import { AuspexError } from '../../errors.ts';

export type ConfigErrorCode =
  /** The file is missing or cannot be read. */
  | 'CONFIG_UNREADABLE'
  /** The file, or a value of `--set`, is no YAML or JSON. */
  | 'CONFIG_SYNTAX'
  /** The file was written by a newer Auspex. */
  | 'CONFIG_TOO_NEW'
  | 'CONFIG_UNKNOWN_KEY'
  | 'CONFIG_INVALID_VALUE'
  | 'UNKNOWN_PRESET';

/** A configuration that cannot be used; the message names the file, the key and the nearest known name. */
export class ConfigError extends AuspexError<ConfigErrorCode> {}
