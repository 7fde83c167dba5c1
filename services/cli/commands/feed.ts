import path from 'node:path';
import { type Command, Option } from 'commander';
import { openS3Objects, type S3Objects } from '../../../checkpoints/destinations/s3-objects.ts';
import type { Collection } from '../../../data/collections/collection.ts';
import { openCollection } from '../../../data/collections/open-collection.ts';
import { DataError } from '../../../data/errors.ts';
import { formatTopicAddress, parseTopicAddress, type TopicAddress } from '../../../data/topics/topic-address.ts';
import { formatCount, formatNumber } from '../../../training/run-page/format.ts';
import type { MessageBus } from '../../bus/message-bus.ts';
import { folderOf, openBus } from '../../bus/open-bus.ts';
import { type FeedResult, feed } from '../../feed/feed.ts';
import type { Form } from '../../feed/prepare.ts';
import { prepareTopic } from '../../feed/prepare-topic.ts';
import { parseCount, parseNumber, parseSeed } from '../options/arguments.ts';
import { addBusPlaceOptions, type BusPlaceOptions, busPlaces } from '../options/bus-options.ts';
import { Output, shortBytes } from '../output.ts';
import { createFeedProgress } from '../progress/feed-progress.ts';
import { signalOfUser } from '../stop-signal.ts';

/** Rejected images that are shown as text. */
const SHOWN = 10;

interface FeedCommandOptions extends BusPlaceOptions {
  topic: string;
  form: Form;
  partitions?: number;
  replicas?: number;
  retentionHours?: number;
  seed: number;
  order: 'shuffled' | 'name';
  state?: string;
  patience: number;
  json?: boolean;
}

export function addFeedCommand(command: Command): void {
  command
    .argument('<source...>', 'folders of images, tar shards, folders of tar shards, or s3://BUCKET/PREFIX')
    .requiredOption('--topic <address>', 'kafka:TOPIC, embedded:TOPIC, or TOPIC of the embedded bus')
    .addOption(
      new Option('--form <form>', 'the bytes of an image, a reference to them, or whichever fits')
        .choices(['inline', 'reference', 'auto'])
        .default('auto'),
    )
    .option('--partitions <count>', 'of a new topic (default: 8)', parseCount)
    .option('--replicas <count>', 'of a new topic: brokers that hold each message (default: 1)', parseCount)
    .option('--retention-hours <hours>', 'of a new topic: older messages are deleted (default: never)', parseNumber)
    .option('--seed <number>', 'of the order', parseSeed, 0)
    .addOption(new Option('--order <order>', 'of images and shards').choices(['shuffled', 'name']).default('shuffled'))
    .option('--state <dir>', 'what is known of the topic (default: .auspex/feed/BUS-TOPIC)')
    .option('--patience <seconds>', 'how long to wait for a bus that fails', parseCount, 600)
    .option('--json', 'print progress and result as JSON lines');
  addBusPlaceOptions(command).action(async (sources: string[], options: FeedCommandOptions) => {
    const output = new Output(options);
    const address = parseTopicAddress(options.topic);
    let store: S3Objects | undefined;
    let bus: MessageBus | undefined;
    try {
      const collections: Collection[] = [];
      for (const source of sources) {
        collections.push(await openCollection(source, async () => (store ??= await openS3Objects())));
      }
      const places = busPlaces(options);
      bus = await openBus(address.bus, places);
      const result = await feedTo(bus, address, collections, folderOf(places), options, output);
      output.result(
        { topic: formatTopicAddress(address), bus: bus.name, ...result, ...ratesOf(result) },
        describe(result, options.topic),
      );
      if (result.status === 'finished' && result.published + result.duplicates === 0) {
        const message = `There was no image in ${sources.join(', ')} that could be published.`;
        throw new DataError('NO_IMAGES', message);
      }
    } finally {
      await bus?.close();
      store?.close();
    }
  });
}

async function feedTo(
  bus: MessageBus,
  address: TopicAddress,
  collections: readonly Collection[],
  busFolder: string,
  options: FeedCommandOptions,
  output: Output,
): Promise<FeedResult> {
  const { topic } = address;
  const prepared = await prepareTopic(bus, topic, options);
  if (prepared.ignored.length > 0) {
    process.stderr.write(
      `warning: topic ${topic} is there already, and ${prepared.ignored.join(' and ')} not heeded\n`,
    );
  }
  const progress = createFeedProgress(output, options.json ?? false, numImages(collections));
  const stop = signalOfUser(() =>
    progress.note('Ending after what is being published. Press Ctrl-C again to end at once.'),
  );
  try {
    return await feed(bus, collections, {
      topic,
      form: options.form,
      order: options.order === 'name' ? { kind: 'name' } : { kind: 'shuffled', seed: options.seed },
      state: options.state ?? path.join('.auspex', 'feed', `${address.bus}-${topic}`),
      // The folder of an embedded bus is the same for all who feed it, whatever their ledger.
      locks: address.bus === 'embedded' ? [path.join(busFolder, `feed-${topic}.lock`)] : [],
      patienceSeconds: options.patience,
      signal: stop.signal,
      onEvent: (event) => progress.show(event),
    });
  } finally {
    progress.stop();
    stop.release();
  }
}

/** Null where it is known of some only when they have been read. */
function numImages(collections: readonly Collection[]): number | null {
  let sum = 0;
  for (const { numImages, passedOver } of collections) {
    if (numImages === null) return null;
    sum += numImages + passedOver.count;
  }
  return sum;
}

function ratesOf({ images, bytes, seconds }: FeedResult) {
  const perSecond = (count: number) => (seconds > 0 ? count / seconds : 0);
  return { imagesPerSecond: perSecond(images), megabytesPerSecond: perSecond(bytes / 1e6) };
}

function describe(result: FeedResult, topic: string): string {
  const { status, images, published, bytes, inline, references, duplicates, rejected, scanned } = result;
  const { imagesPerSecond, megabytesPerSecond } = ratesOf(result);
  const shown = rejected.first.slice(0, SHOWN);
  return [
    ...shown.map(({ name, code, message }) => `rejected ${name}: ${message} (${code})`),
    ...(rejected.count > shown.length ? [`... ${formatCount(rejected.count)} rejected in all: ${rejected.file}`] : []),
    ...(scanned > 0 ? [`${formatCount(scanned)} messages of the topic were read first`] : []),
    `${formatCount(images)} images: ${formatCount(published)} published (${formatCount(inline)} inline, ${formatCount(references)} by reference, ${shortBytes(bytes)}), ${formatCount(duplicates)} duplicates, ${formatCount(rejected.count)} rejected`,
    `${formatNumber(imagesPerSecond)} images/s, ${formatNumber(megabytesPerSecond)} MB/s`,
    ...(status === 'stopped' ? [`Stopped before the end: the same command goes on with what is not in ${topic}.`] : []),
  ].join('\n');
}
