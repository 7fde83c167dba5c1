import { setTimeout as sleep } from 'node:timers/promises';
import type { Command } from 'commander';
import { JobBoard } from '../../jobs/job-board.ts';
import { addBusOptions, type BusOptions, withBus } from '../options/bus-options.ts';
import { Output } from '../output.ts';
import { MachineWatch } from '../top/machine.ts';
import { pictureOf } from '../top/picture.ts';
import { show } from '../top/show.ts';
import { plainPicture } from '../top/view.ts';

interface TopOptions extends BusOptions {
  outRoot?: string;
  once?: boolean;
  json?: boolean;
}

/** Milliseconds over which one look measures how busy the processors are. */
const LOOK = 250;
/** Columns of a picture that goes into a file or a pipe. */
const PLAIN_COLUMNS = 120;

export function addTopCommand(command: Command): void {
  command
    .option('--out-root <dir>', 'the folder of results that `auspex serve` was given, to show logs too')
    .option('--once', 'print one picture and end, as where there is no terminal')
    .option('--json', 'print one picture as JSON and end');
  addBusOptions(command).action(async (options: TopOptions) => {
    await withBus(options, async (bus) => {
      const board = await JobBoard.open(bus);
      try {
        const { stdin: input, stdout: output } = process;
        const isOnce = options.once || options.json || !input.isTTY || !output.isTTY;
        if (!isOnce) return await show({ bus, board, outRoot: options.outRoot, input, output });
        const watch = new MachineWatch();
        await sleep(LOOK);
        const picture = pictureOf(board, bus.name, watch.look(), new Date());
        new Output(options).result(picture, plainPicture(picture, output.columns ?? PLAIN_COLUMNS));
      } finally {
        await board.close();
      }
    });
  });
}
