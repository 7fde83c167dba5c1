/** All commands, as their list shows them. What a command takes and does is in a module of its own, which is loaded when it is called. */
import type { Command } from 'commander';

export interface ListedCommand {
  /** Its name and what it takes. */
  readonly usage: string;
  readonly description: string;
  /** What adds arguments, options, commands below it and the action. */
  readonly load: () => Promise<(command: Command) => void>;
}

export const COMMANDS: readonly ListedCommand[] = [
  {
    usage: 'quickstart [options]',
    description: 'fetch some hundred real photos, train a small encoder on them in minutes, and show what it learned',
    load: async () => (await import('./commands/quickstart.ts')).addQuickstartCommand,
  },
  {
    usage: 'train [options] [config]',
    description: 'train an encoder on a folder of images, or on a topic of them',
    load: async () => (await import('./commands/train.ts')).addTrainCommand,
  },
  {
    usage: 'coordinator [options] [config]',
    description: 'coordinate a training whose workers run elsewhere (`auspex worker`)',
    load: async () => (await import('./commands/coordinator.ts')).addCoordinatorCommand,
  },
  {
    usage: 'worker [options] [config]',
    description: 'train as one rank of a coordinator (`auspex coordinator`), until the training ends',
    load: async () => (await import('./commands/worker.ts')).addWorkerCommand,
  },
  {
    usage: 'embed [options]',
    description: 'features of every image of a folder, as a safetensors file with the names in its header',
    load: async () => (await import('./commands/embed.ts')).addEmbedCommand,
  },
  {
    usage: 'feed [options] <source...>',
    description: 'publish collections of images to a topic, every image once',
    load: async () => (await import('./commands/feed.ts')).addFeedCommand,
  },
  {
    usage: 'monitor [options]',
    description: "shares of countries and other labels in a random sample of a topic's images, as a page with a map",
    load: async () => (await import('./commands/monitor.ts')).addMonitorCommand,
  },
  {
    usage: 'knn [options]',
    description: 'how well an encoder tells classes apart: each image is classified by those that are nearest to it',
    load: async () => (await import('./commands/knn.ts')).addKnnCommand,
  },
  {
    usage: 'eval',
    description: "a checkpoint's quality by a benchmark's protocol; list names them",
    load: async () => (await import('./commands/eval.ts')).addEvalCommand,
  },
  {
    usage: 'hashtags [options]',
    description: 'a map of hashtags by what their images look like, coloured by country (Sec. 5.2, Figure 12)',
    load: async () => (await import('./commands/hashtags.ts')).addHashtagsCommand,
  },
  {
    usage: 'report [options] <result...>',
    description: "results of evaluations beside each other and the paper's, as one page; also as Markdown and JSON",
    load: async () => (await import('./commands/report.ts')).addReportCommand,
  },
  {
    usage: 'datasets',
    description: 'datasets of the evaluations: which there are, preparing and verifying them; nothing is downloaded',
    load: async () => (await import('./commands/datasets.ts')).addDatasetsCommand,
  },
  {
    usage: 'audit [options] <run>',
    description: 'prove from a run folder that every image was trained on exactly once per epoch',
    load: async () => (await import('./commands/audit.ts')).addAuditCommand,
  },
  {
    usage: 'checkpoint',
    description: 'look at checkpoints, verify, compare, copy and remove them, and turn one layout into another',
    load: async () => (await import('./commands/checkpoint/checkpoint.ts')).addCheckpointCommand,
  },
  {
    usage: 'arch [options] [name]',
    description:
      "an architecture's stages, parameters, multiply-adds and activation bytes; without arguments, all of them",
    load: async () => (await import('./commands/arch.ts')).addArchCommand,
  },
  {
    usage: 'config [options] [file]',
    description: 'every configuration key; with a file, --preset or --set, the complete configuration that they give',
    load: async () => (await import('./commands/config.ts')).addConfigCommand,
  },
  {
    usage: 'program [options] [file]',
    description: 'the operations of a training step in their order, and where each value lies in memory',
    load: async () => (await import('./commands/program.ts')).addProgramCommand,
  },
  {
    usage: 'profile [options] [config]',
    description: "where the time of a training step goes, and how far that is from this machine's own limit",
    load: async () => (await import('./commands/profile.ts')).addProfileCommand,
  },
  {
    usage: 'plan',
    description: 'what a training would take: memory, time and traffic; without a command, `step`',
    load: async () => (await import('./commands/plan/plan.ts')).addPlanCommand,
  },
  {
    usage: 'doctor [options]',
    description: 'check this machine, and say what to fix; the exit code is 1 if there is a problem',
    load: async () => (await import('./commands/doctor.ts')).addDoctorCommand,
  },
  {
    usage: 'setup',
    description: 'what not everybody needs: fetched and built once, on request',
    load: async () => (await import('./commands/setup.ts')).addSetupCommand,
  },
  {
    usage: 'serve [options]',
    description: 'run the jobs that come in over a message bus: trainings and evaluations',
    load: async () => (await import('./commands/serve.ts')).addServeCommand,
  },
  {
    usage: 'submit [options] <file>',
    description: 'hand a job to `auspex serve` over the message bus',
    load: async () => (await import('./commands/submit.ts')).addSubmitCommand,
  },
  {
    usage: 'cancel [options] <id>',
    description: 'give a job up: one that waits is dropped, one that runs is asked to end',
    load: async () => (await import('./commands/submit.ts')).addCancelCommand,
  },
  {
    usage: 'jobs',
    description: 'the jobs of `auspex serve`, as its events tell of them',
    load: async () => (await import('./commands/jobs.ts')).addJobsCommand,
  },
  {
    usage: 'logs [options] <id>',
    description: 'what the processes of a job said, over all attempts',
    load: async () => (await import('./commands/logs.ts')).addLogsCommand,
  },
  {
    usage: 'top [options]',
    description: 'the jobs of `auspex serve` and how busy this machine is, on the terminal, up to date',
    load: async () => (await import('./commands/top.ts')).addTopCommand,
  },
  {
    usage: 'dead-letters',
    description: 'messages that `auspex serve` could not accept',
    load: async () => (await import('./commands/dead-letters.ts')).addDeadLettersCommand,
  },
  {
    usage: 'token [options]',
    description: 'make a token for a client of the gRPC API; it is shown once, the file keeps its digest',
    load: async () => (await import('./commands/token.ts')).addTokenCommand,
  },
  {
    usage: 'completion [options] <shell>',
    description:
      'print what lets a shell complete commands, options and files; such as: source <(auspex completion bash)',
    load: async () => (await import('./commands/completion.ts')).addCompletionCommand,
  },
];
