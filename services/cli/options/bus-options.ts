/** The options that say which message bus a command uses. */
import path from 'node:path';
import { type Command, Option } from 'commander';
import type { BusKind } from '../../../data/topics/topic-address.ts';
import type { ResolvedConfig } from '../../../training/config/config.ts';
import type { MessageBus } from '../../bus/message-bus.ts';
import { DEFAULT_FOLDER, openBus } from '../../bus/open-bus.ts';

export interface BusPlaceOptions {
  busFolder?: string;
  brokers?: string;
}

export interface BusOptions extends BusPlaceOptions {
  bus: BusKind;
}

export function addBusOptions(command: Command): Command {
  command.addOption(new Option('--bus <kind>', 'which message bus').choices(['embedded', 'kafka']).default('embedded'));
  return addBusPlaceOptions(command);
}

/** Where the buses are; a topic's address says which of them it is. */
export function addBusPlaceOptions(command: Command): Command {
  return command
    .option('--bus-folder <dir>', `of the embedded bus (default: AUSPEX_BUS_FOLDER, or ${DEFAULT_FOLDER})`)
    .option('--brokers <list>', 'of Kafka, host:port,... (default: AUSPEX_KAFKA_BROKERS, or 127.0.0.1:9092)');
}

/** As a configuration has it. */
export function busPlaces({ busFolder, brokers }: BusPlaceOptions): ResolvedConfig['bus'] {
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
