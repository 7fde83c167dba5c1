import type { Command } from 'commander';
import { type DeadLetterEntry, dropDeadLetter, listDeadLetters, retryDeadLetter } from '../../jobs/dead-letters.ts';
import { addBusOptions, type BusOptions, withBus } from '../options/bus-options.ts';
import { Output, table } from '../output.ts';

type DeadLettersOptions = BusOptions & { json?: boolean };

export function addDeadLettersCommand(letters: Command): void {
  const list = letters
    .command('list')
    .description('those that nothing was done about yet')
    .option('--json', 'print JSON');
  addBusOptions(list).action(async (options: DeadLettersOptions) => {
    const entries = await withBus(options, listDeadLetters);
    new Output(options).result(entries, entries.length === 0 ? 'No dead letters.' : listText(entries));
  });
  const retry = letters.command('retry').description('publish one again where it came from');
  addAction(retry, 'retried', retryDeadLetter);
  const drop = letters.command('drop').description('give one up; it stays in the topic, and is no longer listed');
  addAction(drop, 'dropped', dropDeadLetter);
}

function addAction(command: Command, done: 'retried' | 'dropped', action: typeof retryDeadLetter): void {
  command.argument('<id>', 'topic:partition:offset, as list shows it').option('--json', 'print JSON');
  addBusOptions(command).action(async (id: string, options: DeadLettersOptions) => {
    await withBus(options, (bus) => action(bus, id));
    new Output(options).result({ id, action: done }, `${id}: ${done}.`);
  });
}

function listText(entries: readonly DeadLetterEntry[]): string {
  const rows = entries.map(({ id, time, key, bodyBytes, code, reason }) => [
    id,
    time,
    key === null ? '-' : key.slice(0, 40),
    String(bodyBytes),
    code,
    reason.length > 80 ? `${reason.slice(0, 77)}...` : reason,
  ]);
  return table([['dead letter', 'time', 'key', 'bytes', 'code', 'reason'], ...rows]);
}
