import { AuspexError } from '../../errors.ts';

export type FeedErrorCode =
  /** Another live process feeds the same topic. */
  | 'FEED_RUNNING'
  /** The folder of the ledger cannot be used. */
  | 'FEED_STATE'
  /** The bus did not come back in the time that was allowed. */
  | 'FEED_GAVE_UP'
  /** The topic says that it has messages, and gives none. */
  | 'TOPIC_STALLED';

/** Why a collection could not be fed to a topic; the same command goes on where it ended. */
export class FeedError extends AuspexError<FeedErrorCode> {}
