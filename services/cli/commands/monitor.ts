import path from 'node:path';
import type { Command } from 'commander';
import { formatTopicAddress, parseTopicAddress } from '../../../data/topics/topic-address.ts';
import { formatCount, formatShare } from '../../../training/run-page/format.ts';
import { openBus } from '../../bus/open-bus.ts';
import { monitor } from '../../monitor/monitor.ts';
import type { MonitorSummary } from '../../monitor/summary.ts';
import { parseCount, parsePositive, parseSeed } from '../options/arguments.ts';
import { addBusPlaceOptions, type BusPlaceOptions, busPlaces } from '../options/bus-options.ts';
import { Output } from '../output.ts';
import { createCountProgress } from '../progress/count-progress.ts';
import { signalOfUser } from '../stop-signal.ts';

interface MonitorCommandOptions extends BusPlaceOptions {
  topic: string;
  out: string;
  sample: number;
  seed: number;
  labels: string;
  follow?: boolean;
  every: number;
  json?: boolean;
}

/** Values of a label that are shown as text. */
const SHOWN = 5;

export function addMonitorCommand(command: Command): void {
  command
    .requiredOption('--topic <address>', 'kafka:TOPIC, embedded:TOPIC, or TOPIC of the embedded bus')
    .requiredOption('--out <dir>', 'for index.html, monitor.json, and the state from which the same command goes on')
    .option('--labels <list>', 'labels to count, with commas; a country is also looked for in coordinates', 'country')
    .option('--sample <images>', 'the most images in the sample', parseCount, 10_000_000)
    .option('--seed <number>', 'of the sample', parseSeed, 0)
    .option('--follow', 'go on with what comes in, until Ctrl-C')
    .option('--every <seconds>', 'between two writings of the page', parsePositive, 10)
    .option('--json', 'print progress and result as JSON lines');
  addBusPlaceOptions(command).action(async (options: MonitorCommandOptions) => {
    const output = new Output(options);
    const address = parseTopicAddress(options.topic);
    const bus = await openBus(address.bus, busPlaces(options));
    const stop = signalOfUser(() => process.stderr.write('Ending: writing what is known.\n'));
    let bar: ReturnType<typeof createCountProgress> | undefined;
    try {
      const summary = await monitor({
        ...{ bus, name: address.topic, topic: formatTopicAddress(address), out: options.out, signal: stop.signal },
        ...{ labels: labelsOf(options.labels), limit: options.sample, seed: options.seed, every: options.every },
        follow: options.follow ?? false,
        onProgress(done, total) {
          bar ??= createCountProgress('messages', total, options.json ?? false);
          bar.update(Math.min(done, total));
        },
        onWritten: ({ status, messages, sample }) => output.event({ event: 'written', status, messages, sample }),
      });
      bar?.stop();
      output.result(summary, describe(summary, path.join(options.out, 'index.html')));
    } finally {
      bar?.stop();
      stop.release();
      await bus.close();
    }
  });
}

function labelsOf(text: string): string[] {
  return [...new Set(text.split(',').map((label) => label.trim()))].filter((label) => label !== '');
}

function describe({ messages, sample, labels }: MonitorSummary, page: string): string {
  const bad = messages.read - messages.images;
  return [
    `${formatCount(messages.images)} images in ${formatCount(messages.read)} messages, ${formatCount(bad)} of them no images; sample of ${formatCount(sample.size)}`,
    ...labels.map(({ label, values, unknown }) => {
      const shown = values.slice(0, SHOWN).map(({ name, value, share }) => `${name ?? value} ${formatShare(share)}`);
      return `${label}: ${[...shown, `unknown ${formatShare(unknown.share)}`].join(', ')}`;
    }),
    `Page: ${page}`,
  ].join('\n');
}
