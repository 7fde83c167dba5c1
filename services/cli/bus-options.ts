/** The options that say which message bus a command uses. */
import path from 'node:path';
import { type Command, Option } from 'commander';
import type { BusKind } from '../../data/topics/topic-address.ts';
import type { ResolvedConfig } from '../../training/config.ts';
import type { MessageBus } from '../bus/message-bus.ts';
import { openBus } from '../bus/open-bus.ts';

export interface BusOptions {
  bus: BusKind;
  busFolder?: string;
  brokers?: string;
}

export function addBusOptions(command: Command): Command {
  return command
    .addOption(new Option('--bus <kind>', 'which message bus').choices(['embedded', 'kafka']).default('embedded'))
    .option('--bus-folder <dir>', "the embedded bus's folder (default: $AUSPEX_BUS_FOLDER, or bus)")
    .option('--brokers <list>', "Kafka's brokers as host:port, with commas (default: $AUSPEX_KAFKA_BROKERS)");
}

/** As a configuration has it. */
export function busPlaces({ busFolder, brokers }: Omit<BusOptions, 'bus'>): ResolvedConfig['bus'] {
  return {
    folder: busFolder === undefined ? null : path.resolve(busFolder),
    brokers: brokers?.split(',') ?? null,
  };
}

/** Opens the bus for an action, and closes it. */
export async function withBus<T>(options: BusOptions, action: (bus: MessageBus) => Promise<T>): Promise<T> {
  const bus = await openBus(options.bus, busPlaces(options));
  try {
    return await action(bus);
  } finally {
    await bus.close();
  }
}
