/** What can go wrong between actors, and between the processes that they live in. */
import { AuspexError } from '../../errors.ts';

export type ActorErrorCode =
  /** The actor has stopped, or there never was one of this name; the message became a dead letter. */
  | 'ACTOR_STOPPED'
  /** The actor threw: its own error is the cause, also where it lives in another process. */
  | 'ACTOR_FAILED'
  | 'ASK_TIMED_OUT'
  /** The process in which the actor lives is gone, silent for too long, or was never connected. */
  | 'NODE_LOST'
  | 'ACTOR_NAME_TAKEN'
  | 'BAD_ACTOR_OPTION'
  /** A message that cannot travel: it holds something else than plain data, typed arrays, errors and references. */
  | 'BAD_MESSAGE'
  | 'MESSAGE_TOO_LARGE'
  /** The listening side did not admit the node; the message has its reason. */
  | 'NODE_REFUSED'
  | 'NODE_NAME_TAKEN'
  | 'PROTOCOL_MISMATCH'
  /** No token or a wrong one, or certificates that the other side does not trust. */
  | 'UNAUTHENTICATED'
  | 'INSECURE_LISTENER'
  | 'LISTEN_FAILED'
  | 'CONNECT_FAILED';

export class ActorError extends AuspexError<ActorErrorCode> {}
