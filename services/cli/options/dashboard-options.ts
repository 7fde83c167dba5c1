/** The options of `auspex serve` that say whether it offers the dashboard. */
import type { Command } from 'commander';
import { parseHttpAddress } from '../network.ts';
import { collect } from './arguments.ts';

export interface DashboardCommandOptions {
  http?: { host: string; port: number };
  monitor?: string[];
}

export function addDashboardOptions(command: Command): Command {
  return command
    .option('--http <host:port>', 'offer the dashboard there, such as 127.0.0.1:7480', parseHttpAddress)
    .option('--monitor <dir>', 'dashboard: a folder that `auspex monitor` writes; may be repeated', collect);
}
