/** `data`, and the `bus` that it may come from. */
import * as z from 'zod';
import { auto, byteSize, count, key, section, share } from './section.ts';

const topicSpan = z.strictObject({
  partition: z.int().min(0).meta({ description: 'Partition of the topic.' }),
  begin: z.int().min(0).meta({ description: 'First offset.', unit: 'messages' }),
  end: z.int().min(0).nullable().meta({ description: 'Offset behind the last; null for none.', unit: 'messages' }),
});

export const bus = section(
  {
    folder: key(z.string().min(1).nullable(), null, {
      description: "Folder of the embedded bus. Null: AUSPEX_BUS_FOLDER, or 'bus'.",
      source: 'ours',
    }),
    brokers: key(z.array(z.string().min(1)).min(1).nullable(), null, {
      description: 'Brokers of Kafka, as host:port. Null: AUSPEX_KAFKA_BROKERS, or 127.0.0.1:9092.',
      source: 'ours',
    }),
  },
  'The message bus, for data that comes from a topic. Certificates and passwords are given by environment only.',
);

export const data = section(
  {
    path: key(z.string().min(1).nullable(), null, {
      description: 'Folder of images, searched in depth; or a topic, as kafka:TOPIC or embedded:TOPIC.',
      source: 'ours',
    }),
    live: key(z.boolean(), false, {
      description:
        'Whether the topic is still being written: the training waits when it is ahead, has one epoch without an end, and holds nothing out.',
      source: 'ours',
    }),
    offsets: key(z.array(topicSpan).nullable(), null, {
      description:
        'The messages of the topic that are trained on. Null: all that there are when the run begins, which are then written here.',
      source: 'ours',
    }),
    shuffleWindow: key(count, 4096, {
      description:
        'Images of a topic that follow one another and are mixed; it is read in its order, and mixed within these.',
      unit: 'images',
      source: 'ours',
    }),
    readAheadBytes: key(byteSize, '512MiB', {
      description:
        'Memory for messages of a topic that wait for their turn, per process; where a window is larger, some are read twice.',
      source: 'ours',
    }),
    onDeleted: key(z.enum(['stop', 'skip']), 'stop', {
      description:
        'When retention has deleted a message that has not had its turn: end the training, or skip the image.',
      source: 'ours',
    }),
    referenceRoots: key(z.array(z.string().min(1)), [], {
      description: 'Folders (or s3://BUCKET) below which messages of a topic may refer to images; others are not read.',
      source: 'ours',
    }),
    maximumPixels: key(count.max(2 ** 32), 178_956_970, {
      description: 'Larger images are skipped (decompression bombs).',
      unit: 'pixels',
      source: "Pillow's limit",
    }),
    maximumSkippedShare: key(share, 0.1, {
      description: 'Share of unusable images above which the training stops.',
      source: 'ours',
    }),
    labels: key(z.enum(['folders', 'none']), 'folders', {
      description:
        'Whether the first folder below `path` is a label; used by the kNN probe only, never by the training.',
      source: 'ours',
    }),
    heldOutShare: key(z.number().min(0).max(0.9), 0.05, {
      description: 'Share of the images kept from the training for the quality probe.',
      source: 'ours',
    }),
    loaderThreads: key(z.union([auto, count]), 'auto', {
      description: 'Threads that decode and crop; auto is one per core.',
      unit: 'threads',
      source: 'ours',
    }),
  },
  'Images.',
);
