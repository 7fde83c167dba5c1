/**
 * Opens a bus by what a user gives: where it is by option or configuration, else by environment; and what is secret by
 * environment only, so that it stands in no configuration, no log and no list of processes.
 */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { BusError } from '../../data/topics/bus-error.ts';
import type { BusKind } from '../../data/topics/topic-address.ts';
import { messageOf } from '../../errors.ts';
import { openEmbeddedBus } from './embedded.ts';
import { type KafkaOptions, openKafkaBus } from './kafka.ts';
import type { MessageBus } from './message-bus.ts';

export const DEFAULT_FOLDER = 'bus';
export const DEFAULT_BROKERS = ['127.0.0.1:9092'];

/** What is null or missing comes from AUSPEX_BUS_FOLDER and AUSPEX_KAFKA_BROKERS, or is the default. */
export interface BusPlaces {
  /** Of the embedded bus. */
  readonly folder?: string | null;
  /** Of Kafka: host:port. */
  readonly brokers?: readonly string[] | null;
}

type Environment = Readonly<Record<string, string | undefined>>;

/** @throws BusError BUS_ADDRESS, BUS_UNREACHABLE, BUS_NOT_ALLOWED */
export async function openBus(
  kind: BusKind,
  places: BusPlaces = {},
  env: Environment = process.env,
): Promise<MessageBus> {
  if (kind === 'embedded') return openEmbeddedBus(folderOf(places, env));
  return openKafkaBus(kafkaOptions(places, env));
}

/** As openBus, and says where the bus is, so that it is found from another working directory and environment too. */
export async function openBusAt(
  kind: BusKind,
  places: BusPlaces,
  env: Environment = process.env,
): Promise<{
  readonly bus: MessageBus;
  readonly places: { readonly folder: string | null; readonly brokers: string[] | null };
}> {
  const bus = await openBus(kind, places, env);
  if (kind === 'kafka') return { bus, places: { folder: null, brokers: [...kafkaOptions(places, env).brokers] } };
  return { bus, places: { folder: path.resolve(folderOf(places, env)), brokers: null } };
}

/** Of the embedded bus. */
export function folderOf({ folder }: BusPlaces, env: Environment = process.env): string {
  return folder ?? env['AUSPEX_BUS_FOLDER'] ?? DEFAULT_FOLDER;
}

/** @throws BusError BUS_ADDRESS */
export function kafkaOptions({ brokers }: BusPlaces, env: Environment): KafkaOptions {
  const listed = brokers ?? env['AUSPEX_KAFKA_BROKERS']?.split(',') ?? DEFAULT_BROKERS;
  const wrong = listed.find((broker) => !/^.+:\d+$/.test(broker.trim()));
  if (listed.length === 0 || wrong !== undefined) {
    throw new BusError(
      'BUS_ADDRESS',
      `'${wrong ?? ''}' is no address of a Kafka broker: give host:port, several with commas.`,
    );
  }
  const maximum = env['AUSPEX_KAFKA_MAXIMUM_MESSAGE_BYTES'];
  return {
    brokers: listed.map((broker) => broker.trim()),
    ...tlsOf(env),
    ...saslOf(env),
    ...(maximum !== undefined && { maximumMessageBytes: positive('AUSPEX_KAFKA_MAXIMUM_MESSAGE_BYTES', maximum) }),
  };
}

function tlsOf(env: Environment): Pick<KafkaOptions, 'tls'> {
  const [ca, cert, key] = ['CA', 'CERT', 'KEY'].map((name) => fileOf(env, `AUSPEX_KAFKA_TLS_${name}`));
  if (env['AUSPEX_KAFKA_TLS'] !== 'true' && ca === undefined && cert === undefined) return {};
  return { tls: { ...(ca && { ca: [ca] }), ...(cert && { cert }), ...(key && { key }) } };
}

function saslOf(env: Environment): Pick<KafkaOptions, 'sasl'> {
  const mechanism = env['AUSPEX_KAFKA_SASL'];
  if (mechanism === undefined) return {};
  if (!['plain', 'scram-sha-256', 'scram-sha-512'].includes(mechanism)) {
    const message = `AUSPEX_KAFKA_SASL is '${mechanism}'; possible are plain, scram-sha-256 and scram-sha-512.`;
    throw new BusError('BUS_ADDRESS', message);
  }
  const username = env['AUSPEX_KAFKA_USERNAME'];
  const password = env['AUSPEX_KAFKA_PASSWORD'] ?? fileOf(env, 'AUSPEX_KAFKA_PASSWORD_FILE')?.trimEnd();
  if (username === undefined || password === undefined) {
    const message =
      'AUSPEX_KAFKA_SASL needs AUSPEX_KAFKA_USERNAME and AUSPEX_KAFKA_PASSWORD or AUSPEX_KAFKA_PASSWORD_FILE.';
    throw new BusError('BUS_ADDRESS', message);
  }
  return { sasl: { mechanism, username, password } as KafkaOptions['sasl'] };
}

function fileOf(env: Environment, name: string): string | undefined {
  const file = env[name];
  if (file === undefined) return undefined;
  try {
    return readFileSync(file, 'utf8');
  } catch (cause) {
    throw new BusError('BUS_ADDRESS', `${name} names ${file}, which cannot be read: ${messageOf(cause)}.`, { cause });
  }
}

function positive(name: string, text: string): number {
  const value = Number(text);
  if (Number.isSafeInteger(value) && value > 0) return value;
  throw new BusError('BUS_ADDRESS', `${name} is '${text}', and has to be a positive whole number.`);
}
