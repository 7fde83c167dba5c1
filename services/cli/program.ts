/** All commands, and which of them are loaded. */
import { Command } from 'commander';
import { packageVersion } from './version.ts';

type AddCommand = (program: Command) => void;

/** Each is loaded when it is called: all of them together are a second of work before the first line. */
const COMMANDS: Readonly<Record<string, () => Promise<AddCommand>>> = {
  quickstart: async () => (await import('./commands/quickstart.ts')).addQuickstartCommand,
  train: async () => (await import('./commands/train.ts')).addTrainCommand,
  coordinator: async () => (await import('./commands/coordinator.ts')).addCoordinatorCommand,
  worker: async () => (await import('./commands/worker.ts')).addWorkerCommand,
  embed: async () => (await import('./commands/embed.ts')).addEmbedCommand,
  feed: async () => (await import('./commands/feed.ts')).addFeedCommand,
  monitor: async () => (await import('./commands/monitor.ts')).addMonitorCommand,
  knn: async () => (await import('./commands/knn.ts')).addKnnCommand,
  eval: async () => (await import('./commands/eval.ts')).addEvalCommand,
  hashtags: async () => (await import('./commands/hashtags.ts')).addHashtagsCommand,
  report: async () => (await import('./commands/report.ts')).addReportCommand,
  datasets: async () => (await import('./commands/datasets.ts')).addDatasetsCommand,
  audit: async () => (await import('./commands/audit.ts')).addAuditCommand,
  checkpoint: async () => (await import('./commands/checkpoint/checkpoint.ts')).addCheckpointCommand,
  arch: async () => (await import('./commands/arch.ts')).addArchCommand,
  config: async () => (await import('./commands/config.ts')).addConfigCommand,
  program: async () => (await import('./commands/program.ts')).addProgramCommand,
  profile: async () => (await import('./commands/profile.ts')).addProfileCommand,
  plan: async () => (await import('./commands/plan/plan.ts')).addPlanCommand,
  doctor: async () => (await import('./commands/doctor.ts')).addDoctorCommand,
  setup: async () => (await import('./commands/setup.ts')).addSetupCommand,
  serve: async () => (await import('./commands/serve.ts')).addServeCommand,
  submit: async () => (await import('./commands/submit.ts')).addSubmitCommand,
  cancel: async () => (await import('./commands/submit.ts')).addCancelCommand,
  jobs: async () => (await import('./commands/jobs.ts')).addJobsCommand,
  logs: async () => (await import('./commands/logs.ts')).addLogsCommand,
  top: async () => (await import('./commands/top.ts')).addTopCommand,
  'dead-letters': async () => (await import('./commands/dead-letters.ts')).addDeadLettersCommand,
  token: async () => (await import('./commands/token.ts')).addTokenCommand,
  completion: async () => (await import('./commands/completion.ts')).addCompletionCommand,
};

/** @param called the only command that is wanted, if there is one of that name; otherwise the program has all */
export async function buildProgram(called?: string): Promise<Command> {
  const program = new Command('auspex')
    .description('Trains vision models on uncurated images as SEER did, and measures what they learned.')
    .version(packageVersion())
    .exitOverride()
    .showSuggestionAfterError()
    // Errors are reported in one place and one form.
    .configureOutput({ outputError: () => undefined });
  const only = called !== undefined && Object.hasOwn(COMMANDS, called) ? COMMANDS[called] : undefined;
  for (const load of only ? [only] : Object.values(COMMANDS)) (await load())(program);
  return program;
}
