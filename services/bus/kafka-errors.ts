/** What goes wrong in Kafka, as errors of a bus. */
import { BusError, type BusErrorCode } from '../../data/topics/bus-error.ts';
import { messageOf } from '../../errors.ts';

/** Kafka's names of errors, by what they mean here. */
const CODES: Readonly<Record<string, BusErrorCode>> = {
  UNKNOWN_TOPIC_OR_PARTITION: 'TOPIC_NOT_FOUND',
  INVALID_TOPIC_EXCEPTION: 'TOPIC_NOT_FOUND',
  MESSAGE_TOO_LARGE: 'MESSAGE_TOO_LARGE',
  RECORD_LIST_TOO_LARGE: 'MESSAGE_TOO_LARGE',
  TOPIC_AUTHORIZATION_FAILED: 'BUS_NOT_ALLOWED',
  GROUP_AUTHORIZATION_FAILED: 'BUS_NOT_ALLOWED',
  CLUSTER_AUTHORIZATION_FAILED: 'BUS_NOT_ALLOWED',
  SASL_AUTHENTICATION_FAILED: 'BUS_NOT_ALLOWED',
};

/** What kafkajs throws, by what it means here. @param otherwise the code of what is not known */
export function busError(thrown: unknown, what: string, otherwise: BusErrorCode = 'BUS_UNREACHABLE'): BusError {
  if (thrown instanceof BusError) return thrown;
  const { name, type, cause } = thrown as { readonly name?: string; readonly type?: string; readonly cause?: unknown };
  const known = type === undefined ? undefined : CODES[type];
  if (known) return new BusError(known, `${what}: ${messageOf(thrown)}`, { cause: thrown });
  if (name === 'KafkaJSSASLAuthenticationError') {
    return new BusError('BUS_NOT_ALLOWED', `${what}: ${messageOf(thrown)}`, { cause: thrown });
  }
  // What was tried again and again has the reason inside.
  if (cause instanceof Error && name?.startsWith('KafkaJS')) return busError(cause, what, otherwise);
  return new BusError(otherwise, `${what}: ${messageOf(thrown)}`, { cause: thrown });
}

export function closedError(name: string): BusError {
  return new BusError('BUS_CLOSED', `The bus that is ${name} was closed.`);
}
