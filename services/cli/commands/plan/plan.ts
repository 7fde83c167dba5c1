import type { Command } from 'commander';
import { addCalibrateCommand } from './calibrate.ts';
import { addDevicesCommand } from './devices.ts';
import { addDrawCommand } from './draw.ts';
import { addStepCommand } from './step.ts';
import { addSweepCommand } from './sweep.ts';
import { addTablesCommand } from './tables.ts';

export function addPlanCommand(plan: Command): void {
  addStepCommand(plan);
  addSweepCommand(plan);
  addTablesCommand(plan);
  addDrawCommand(plan);
  addDevicesCommand(plan);
  addCalibrateCommand(plan);
}
