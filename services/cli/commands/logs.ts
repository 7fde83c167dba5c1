import { existsSync } from 'node:fs';
import { type Command, Option } from 'commander';
import { jobId } from '../../jobs/job.ts';
import { jobLogFile } from '../../jobs/job-log.ts';
import { LogsError } from '../../logs/errors.ts';
import { describeRecord, isWanted, type LogRecord, parseLogLine } from '../../logs/log-record.ts';
import { LOG_LEVELS, type LogLevel } from '../../logs/logger.ts';
import { readLog } from '../../logs/read-log.ts';
import { colour } from '../colour.ts';
import { UsageError } from '../errors.ts';
import { parseCount } from '../options/arguments.ts';
import { Output } from '../output.ts';

interface LogsCommandOptions {
  outRoot: string;
  follow?: boolean;
  attempt?: number;
  level: LogLevel;
  json?: boolean;
}

const COLOURS: Readonly<Record<LogLevel, (text: string) => string>> = {
  debug: colour.dim,
  info: (text) => text,
  warn: colour.yellow,
  error: colour.red,
};

export function addLogsCommand(command: Command): void {
  command
    .argument('<id>', "the job's id")
    .requiredOption('--out-root <dir>', 'the folder of results that `auspex serve` was given')
    .option('--follow', 'show what comes, until Ctrl-C')
    .option('--attempt <n>', 'only this attempt, from 1', parseCount)
    .addOption(new Option('--level <level>', 'the least important that is shown').choices(LOG_LEVELS).default('info'))
    .option('--json', 'print the lines as JSON')
    .action(async (id: string, options: LogsCommandOptions) => {
      const output = new Output(options);
      const { outRoot, follow = false } = options;
      if (!jobId.safeParse(id).success) throw new UsageError(`${id} is no id of a job.`);
      const file = jobLogFile(outRoot, id);
      if (!existsSync(file)) {
        if (!follow) {
          const message = `${file} does not exist: check the id (auspex jobs list) and --out-root; a job that has not begun has none.`;
          throw new LogsError('LOG_NOT_FOUND', message);
        }
        process.stderr.write(`${file} does not exist yet: waiting for it.\n`);
      }
      for await (const line of readLog(file, { follow })) {
        const record = parseLogLine(line);
        if (!isWanted(record, options)) continue;
        output.line(record, coloured(record));
      }
    });
}

function coloured(record: LogRecord): string {
  return COLOURS[record.level](describeRecord(record));
}
