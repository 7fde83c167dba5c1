/** Errors on their way to another process: code, message and causes survive; class and stack do not. */
import { AuspexError } from '../../errors.ts';
import { ActorError, type ActorErrorCode } from './errors.ts';
import type { Failure } from './protocol.ts';

/** Causes of causes, and characters of a message, beyond which they are cut. */
const MAXIMUM_DEPTH = 8;
const MAXIMUM_LENGTH = 20_000;

export function encodeFailure(error: Error, depth = 0): Failure {
  const { code } = error as { code?: unknown };
  const cause =
    error.cause instanceof Error && depth < MAXIMUM_DEPTH ? encodeFailure(error.cause, depth + 1) : undefined;
  return {
    name: error.name,
    code: typeof code === 'string' ? code : '',
    message: error.message.slice(0, MAXIMUM_LENGTH),
    cause,
  };
}

export function decodeFailure({ name, code, message, cause }: Failure): Error {
  const options = cause ? { cause: decodeFailure(cause) } : undefined;
  const text = message ?? '';
  if (name === ActorError.name) return new ActorError(code as ActorErrorCode, text, options);
  const error = code ? new AuspexError(code, text, options) : new Error(text, options);
  error.name = name || 'Error';
  return error;
}

/** An error of this layer, which the other side is trusted to send; anything else becomes the cause of one. */
export function decodeActorError(failure: Failure, otherwise: ActorErrorCode): ActorError {
  const error = decodeFailure(failure);
  return error instanceof ActorError ? error : new ActorError(otherwise, error.message, { cause: error });
}
