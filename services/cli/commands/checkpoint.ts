/** `auspex checkpoint ...`: everything that is done with checkpoints once they are there. */
import type { Command } from 'commander';
import { addExportCommand } from './checkpoint/export.ts';
import { addImportCommand } from './checkpoint/import.ts';
import { addPullCommand } from './checkpoint/pull.ts';
import { addPushCommand } from './checkpoint/push.ts';

export function addCheckpointCommand(program: Command): void {
  const checkpoint = program.command('checkpoint').description('what is done with checkpoints once they are there');
  addExportCommand(checkpoint);
  addImportCommand(checkpoint);
  addPushCommand(checkpoint);
  addPullCommand(checkpoint);
}
