import { AuspexError } from '../../errors.ts';

export type BusErrorCode =
  /** The address is none that a bus can have. */
  | 'BUS_ADDRESS'
  /** The broker, or the folder of an embedded bus, cannot be reached or used. */
  | 'BUS_UNREACHABLE'
  /** The broker refuses the user or what the user asks for. */
  | 'BUS_NOT_ALLOWED'
  /** It was closed, here and on purpose. */
  | 'BUS_CLOSED'
  | 'TOPIC_NOT_FOUND'
  /** The topic exists with another number of partitions. */
  | 'TOPIC_DIFFERS'
  | 'PARTITION_NOT_FOUND'
  /** Retention, or a person, has deleted the message. */
  | 'OFFSET_DELETED'
  /** The topic never had such an offset: it was deleted and made anew. */
  | 'OFFSET_UNKNOWN'
  /** A message that no broker would take. */
  | 'MESSAGE_TOO_LARGE'
  /** It is not known which of the messages are in the topic. */
  | 'PUBLISH_FAILED';

/** What can go wrong with topics, the same on every bus. */
export class BusError extends AuspexError<BusErrorCode> {}
