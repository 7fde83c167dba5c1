import type { Command } from 'commander';
import { folderOf, kafkaOptions } from '../../bus/open-bus.ts';
import type { Check, Status } from '../../doctor/check.ts';
import { examine } from '../../doctor/examine.ts';
import { colour } from '../colour.ts';
import { parseAddress } from '../network.ts';
import { collect } from '../options/arguments.ts';
import { addBusPlaceOptions, type BusPlaceOptions, busPlaces } from '../options/bus-options.ts';
import { Output } from '../output.ts';

interface Address {
  readonly host: string;
  readonly port: number;
}

interface DoctorOptions extends BusPlaceOptions {
  out: string;
  state?: string;
  destination: string[];
  listen: Address[];
  gpu?: boolean;
  json?: boolean;
}

const COLOURS: Readonly<Record<Status, (text: string) => string>> = {
  ok: colour.green,
  warning: colour.yellow,
  problem: colour.red,
};

export function addDoctorCommand(command: Command): void {
  command
    .option('--out <dir>', 'where runs are to be written', '.')
    .option('--state <dir>', 'of `auspex serve`: whether a server uses it');
  addBusPlaceOptions(command)
    .option(
      '--destination <address>',
      'a place for checkpoints: a folder or s3://BUCKET/PREFIX; may be repeated',
      collect,
      [],
    )
    .option(
      '--listen <host:port>',
      'an address that a server is to listen on; may be repeated',
      (text: string, previous: readonly Address[]) => [...previous, parseAddress(text)],
      [],
    )
    .option('--gpu', 'also what GPUs need')
    .option('--json', 'print the checks as JSON')
    .action(async (options: DoctorOptions) => {
      const places = busPlaces(options);
      const usesKafka = places.brokers !== null || process.env['AUSPEX_KAFKA_BROKERS'] !== undefined;
      const checks = await examine({
        out: options.out,
        busFolder: folderOf(places),
        kafka: usesKafka ? kafkaOptions(places, process.env) : null,
        state: options.state ?? null,
        destinations: options.destination,
        listen: options.listen,
        gpu: options.gpu ?? false,
      });
      const count = (status: Status) => checks.filter((check) => check.status === status).length;
      const counts = { problems: count('problem'), warnings: count('warning') };
      new Output(options).result({ ...counts, checks }, [...checks.map(describe), summary(counts)].join('\n'));
      if (counts.problems > 0) process.exitCode = 1;
    });
}

function describe({ name, status, found, advice }: Check): string {
  const line = `${COLOURS[status](status.padEnd(7))}  ${name}: ${found}`;
  return advice === null ? line : `${line}\n         ${advice}`;
}

function summary({ problems, warnings }: { readonly problems: number; readonly warnings: number }): string {
  if (problems + warnings === 0) return 'Everything is as it should be.';
  const counted = (count: number, word: string) => `${count} ${word}${count === 1 ? '' : 's'}`;
  return `${counted(problems, 'problem')}, ${counted(warnings, 'warning')}.`;
}
