/** The command line: `auspex COMMAND`. Importing this file runs it. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { Command } from 'commander';
import { addArchCommand } from './commands/arch.ts';
import { addAuditCommand } from './commands/audit.ts';
import { addCheckpointCommand } from './commands/checkpoint/checkpoint.ts';
import { addConfigCommand } from './commands/config.ts';
import { addCoordinatorCommand } from './commands/coordinator.ts';
import { addDeadLettersCommand } from './commands/dead-letters.ts';
import { addEmbedCommand } from './commands/embed.ts';
import { addFeedCommand } from './commands/feed.ts';
import { addJobsCommand } from './commands/jobs.ts';
import { addKnnCommand } from './commands/knn.ts';
import { addMonitorCommand } from './commands/monitor.ts';
import { addProfileCommand } from './commands/profile.ts';
import { addProgramCommand } from './commands/program.ts';
import { addQuickstartCommand } from './commands/quickstart.ts';
import { addServeCommand } from './commands/serve.ts';
import { addCancelCommand, addSubmitCommand } from './commands/submit.ts';
import { addTrainCommand } from './commands/train.ts';
import { addWorkerCommand } from './commands/worker.ts';
import { reportError } from './output.ts';

function buildProgram(): Command {
  const program = new Command('auspex')
    .description('Trains vision models on uncurated images as SEER did, and measures what they learned.')
    .version(packageVersion())
    .exitOverride()
    .showSuggestionAfterError()
    // Errors are reported in one place and one form.
    .configureOutput({ outputError: () => undefined });
  addQuickstartCommand(program);
  addTrainCommand(program);
  addCoordinatorCommand(program);
  addWorkerCommand(program);
  addEmbedCommand(program);
  addFeedCommand(program);
  addMonitorCommand(program);
  addKnnCommand(program);
  addAuditCommand(program);
  addCheckpointCommand(program);
  addArchCommand(program);
  addConfigCommand(program);
  addProgramCommand(program);
  addProfileCommand(program);
  addServeCommand(program);
  addSubmitCommand(program);
  addCancelCommand(program);
  addJobsCommand(program);
  addDeadLettersCommand(program);
  return program;
}

/** From the package.json above this file, which is not equally far from the sources and from what is built. */
function packageVersion(): string {
  for (let folder = import.meta.dirname; folder !== path.dirname(folder); folder = path.dirname(folder)) {
    try {
      const json: { name?: string; version?: string } = JSON.parse(
        readFileSync(path.join(folder, 'package.json'), 'utf8'),
      );
      if (json.name === 'auspex' && json.version) return json.version;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    }
  }
  return 'unknown';
}

// A reader that has seen enough (`auspex arch | head`) is no error.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
  process.exit(0);
});

try {
  await buildProgram().parseAsync(process.argv);
} catch (error) {
  process.exitCode = reportError(error);
}
