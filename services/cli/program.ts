/** All commands. */
import { Command } from 'commander';
import { addArchCommand } from './commands/arch.ts';
import { addAuditCommand } from './commands/audit.ts';
import { addCheckpointCommand } from './commands/checkpoint/checkpoint.ts';
import { addCompletionCommand } from './commands/completion.ts';
import { addConfigCommand } from './commands/config.ts';
import { addCoordinatorCommand } from './commands/coordinator.ts';
import { addDatasetsCommand } from './commands/datasets.ts';
import { addDeadLettersCommand } from './commands/dead-letters.ts';
import { addDoctorCommand } from './commands/doctor.ts';
import { addEmbedCommand } from './commands/embed.ts';
import { addEvalCommand } from './commands/eval.ts';
import { addFeedCommand } from './commands/feed.ts';
import { addHashtagsCommand } from './commands/hashtags.ts';
import { addJobsCommand } from './commands/jobs.ts';
import { addKnnCommand } from './commands/knn.ts';
import { addLogsCommand } from './commands/logs.ts';
import { addMonitorCommand } from './commands/monitor.ts';
import { addPlanCommand } from './commands/plan/plan.ts';
import { addProfileCommand } from './commands/profile.ts';
import { addProgramCommand } from './commands/program.ts';
import { addQuickstartCommand } from './commands/quickstart.ts';
import { addReportCommand } from './commands/report.ts';
import { addServeCommand } from './commands/serve.ts';
import { addSetupCommand } from './commands/setup.ts';
import { addCancelCommand, addSubmitCommand } from './commands/submit.ts';
import { addTokenCommand } from './commands/token.ts';
import { addTopCommand } from './commands/top.ts';
import { addTrainCommand } from './commands/train.ts';
import { addWorkerCommand } from './commands/worker.ts';
import { packageVersion } from './version.ts';

export function buildProgram(): Command {
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
  addEvalCommand(program);
  addHashtagsCommand(program);
  addReportCommand(program);
  addDatasetsCommand(program);
  addAuditCommand(program);
  addCheckpointCommand(program);
  addArchCommand(program);
  addConfigCommand(program);
  addProgramCommand(program);
  addProfileCommand(program);
  addPlanCommand(program);
  addDoctorCommand(program);
  addSetupCommand(program);
  addServeCommand(program);
  addSubmitCommand(program);
  addCancelCommand(program);
  addJobsCommand(program);
  addLogsCommand(program);
  addTopCommand(program);
  addDeadLettersCommand(program);
  addTokenCommand(program);
  addCompletionCommand(program);
  return program;
}
