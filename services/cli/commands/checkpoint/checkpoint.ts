import type { Command } from 'commander';
import { addDiffCommand } from './diff.ts';
import { addExportCommand } from './export.ts';
import { addImportCommand } from './import.ts';
import { addInspectCommand } from './inspect.ts';
import { addListCommand } from './list.ts';
import { addMergeCommand } from './merge.ts';
import { addPruneCommand } from './prune.ts';
import { addPullCommand } from './pull.ts';
import { addPushCommand } from './push.ts';
import { addReshardCommand } from './reshard.ts';
import { addSliceCommand } from './slice.ts';
import { addVerifyCommand } from './verify.ts';

export function addCheckpointCommand(checkpoint: Command): void {
  addListCommand(checkpoint);
  addInspectCommand(checkpoint);
  addVerifyCommand(checkpoint);
  addDiffCommand(checkpoint);
  addSliceCommand(checkpoint);
  addReshardCommand(checkpoint);
  addMergeCommand(checkpoint);
  addPruneCommand(checkpoint);
  addExportCommand(checkpoint);
  addImportCommand(checkpoint);
  addPushCommand(checkpoint);
  addPullCommand(checkpoint);
}
