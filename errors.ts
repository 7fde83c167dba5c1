/**
 * The base of every error that Auspex throws on purpose.
 *
 * `code` is stable and meant for programs; `message` is meant for people and says what happened, where, and what to do.
 * Each layer derives its own class with its own union of codes (`data/errors.ts`, `checkpoints/errors.ts`, ...).
 */
export class AuspexError<Code extends string = string> extends Error {
  readonly code: Code;

  constructor(code: Code, message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.name = new.target.name;
    this.code = code;
  }
}

/** The message of anything that was thrown. */
export function messageOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}
