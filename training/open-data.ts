/** Opens what a training is to be trained on: a folder of images, or a topic. */
import { openS3Objects } from '../checkpoints/destinations/s3-objects.ts';
import { openImageFolder } from '../data/image-folder.ts';
import type { ImageCollection, ImageSource } from '../data/source.ts';
import { openReferences, type References } from '../data/topics/references.ts';
import { type BusKind, topicAddressOf } from '../data/topics/topic-address.ts';
import { offsetsOf, type TopicOrder } from '../data/topics/topic-order.ts';
import type { TopicReading } from '../data/topics/topic-reading.ts';
import { openTopicSource, spansOf } from '../data/topics/topic-source.ts';
import type { TopicWait } from '../data/topics/topic-stream.ts';
import type { ResolvedConfig } from './config/config.ts';
import { divideSource } from './held-out.ts';
import type { JournalOptions } from './run/journal.ts';
import { TrainingError } from './training-errors.ts';

/** Opens a bus, and says where it is; services/bus/ has those that there are. */
export type OpenBus = (
  kind: BusKind,
  places: ResolvedConfig['bus'],
) => Promise<{ readonly bus: TopicReading & { close(): Promise<void> }; readonly places: ResolvedConfig['bus'] }>;

export interface OpenDataOptions {
  /** Needed for topics. */
  readonly openBus?: OpenBus | undefined;
  /** Told in a sentence that a message is being waited for, and that it has come. */
  onWait?(message: string, isOver: boolean): void;
}

export interface OpenedData {
  /** With everything that is settled when a run begins: the folder's absolute path, the offsets of a topic. */
  readonly config: ResolvedConfig;
  readonly collection: ImageCollection;
}

/** @throws TrainingError NO_DATA, TOO_FEW_IMAGES, NO_BUS, NO_END; DataError; BusError */
export async function openData(config: ResolvedConfig, options: OpenDataOptions = {}): Promise<OpenedData> {
  const { data, training } = config;
  if (data.path === null) {
    throw new TrainingError(
      'NO_DATA',
      'There is nothing to train on: give a folder of images with --data DIR, or a topic with --data kafka:TOPIC.',
    );
  }
  const opened = topicAddressOf(data.path) ? await openTopic(config, options) : await openFolder(config, data.path);
  const { collection } = opened;
  const { length: numTraining } = divideSource(collection, data.heldOutShare, training.seed).training;
  if (numTraining >= training.batchSize) return opened;
  await collection.close?.();
  const heldOut = collection.length - numTraining;
  throw new TrainingError(
    'TOO_FEW_IMAGES',
    `${data.path} holds ${collection.length} images${heldOut > 0 ? `, ${heldOut} of them held out` : ''}; a batch needs ` +
      `${training.batchSize}. Add images, or take smaller batches with --set training.batchSize=N.`,
  );
}

/** By its absolute path: a run may be resumed from another working directory. */
async function openFolder(config: ResolvedConfig, folder: string): Promise<OpenedData> {
  const collection = await openImageFolder(folder);
  return { config: { ...config, data: { ...config.data, path: collection.root } }, collection };
}

async function openTopic(config: ResolvedConfig, { openBus, onWait }: OpenDataOptions): Promise<OpenedData> {
  const { data, training } = config;
  const address = topicAddressOf(data.path!)!;
  if (!openBus)
    throw new TrainingError('NO_BUS', `${data.path} is a topic, and train() was given no bus to read it from.`);
  if (data.live && training.iterations === null) {
    const message =
      'A topic that is still being written has no length: say how long to train with training.iterations.';
    throw new TrainingError('NO_END', message);
  }
  const { bus, places } = await openBus(address.bus, config.bus);
  try {
    const spans = data.offsets ?? (await spansOf(bus, address.topic, data.live));
    const references = await openAllowed(data.referenceRoots);
    const collection = openTopicSource({
      ...{ bus, address, spans, onDeleted: data.onDeleted },
      ...{ window: data.shuffleWindow, readAheadBytes: data.readAheadBytes },
      readReference: (reference, sha256) => references.read(reference, sha256),
      onClose: async () => {
        await references.close();
        await bus.close();
      },
      ...(onWait && {
        onWait: (waiting) => onWait(describeWait(address.topic, waiting, data), waiting.kind === 'arrived'),
      }),
    });
    const located = { ...config, data: { ...data, offsets: spans }, bus: places };
    return { config: located, collection };
  } catch (error) {
    await bus.close();
    throw error;
  }
}

const S3 = 's3://';

/** What references may lead to: folders, and buckets. */
async function openAllowed(allowed: readonly string[]): Promise<References> {
  const roots = allowed.filter((root) => !root.startsWith(S3));
  const buckets = allowed.filter((root) => root.startsWith(S3)).map((root) => root.slice(S3.length));
  if (buckets.length === 0) return openReferences({ roots });
  const objects = await openS3Objects();
  const references = await openReferences({ roots, s3: { buckets, read: objects.readRange } });
  const close = async () => {
    await references.close();
    objects.close();
  };
  return { ...references, close };
}

function describeWait(
  topic: string,
  wait: TopicWait,
  { live, shuffleWindow }: Pick<ResolvedConfig['data'], 'live' | 'shuffleWindow'>,
): string {
  const where = `message ${wait.offset} of partition ${wait.partition} of topic ${topic}`;
  if (wait.kind === 'arrived') return `The training goes on: ${where} has come after ${wait.seconds.toFixed(1)} s.`;
  const window = live
    ? ` ${shuffleWindow} images at a time are mixed (data.shuffleWindow), and all of them have to be there.`
    : '';
  return `The training waits for ${where}: it is not written yet, or the bus does not deliver.${window}`;
}

/** From which offsets a position of a topic is read; undefined where there is none. */
export function offsetsOfSource(source: ImageSource, { training }: ResolvedConfig): JournalOptions['offsetsOf'] {
  if (!source.stream) return undefined;
  const order = source.order!(training.batchSize, training.seed) as TopicOrder;
  return (position) => offsetsOf(order, position);
}
