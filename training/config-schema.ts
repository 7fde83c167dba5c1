/**
 * Every key of a training's configuration: type, default, unit and source. The listing of `auspex config` and
 * docs/configuration.md are made from this schema.
 *
 * Defaults are those of the SEER paper (arXiv:2202.08360; "VISSL" marks what its reference code does where the paper
 * is silent) unless the source says "ours".
 */
import * as z from 'zod';
import { evaluationSchema } from './evaluations/evaluation-schema.ts';

/** Version of the schema; a config of a higher one is refused. */
export const CONFIG_VERSION = 1;

interface Documentation {
  readonly description: string;
  readonly unit?: string;
  /** Where the default comes from. */
  readonly source: string;
}

/** A documented key with a default. */
function key<Schema extends z.ZodType>(schema: Schema, value: z.input<Schema>, meta: Documentation) {
  return schema.prefault(value).meta({ ...meta });
}

/** A documented group of keys. */
function section<Shape extends z.core.$ZodLooseShape>(shape: Shape, description: string) {
  return z
    .strictObject(shape)
    .prefault({} as never)
    .meta({ description });
}

const share = z.number().min(0).max(1);
const positive = z.number().positive();
const count = z.int().min(1);
const range = (schema: z.ZodNumber) => z.tuple([schema, schema]);
const auto = z.literal('auto');

/** '4GiB', '512 MB' or a number of bytes. */
const byteSize = z.union([
  z.int().min(1),
  z.string().regex(/^\d+(\.\d+)?\s*(B|[KMGT]i?B)$/i, 'Invalid size: write bytes as a number, or as 512MB or 4GiB'),
]);

const trunkKind = z
  .enum(['regnety', 'regnetz'])
  .optional()
  .meta({ description: 'Kind of the blocks; regnety unless given.' });

const architecture = z.union([
  z.string(),
  z.strictObject({
    w0: count.meta({ description: 'Width of the first block, a multiple of 8.', unit: 'channels' }),
    wa: z.number().min(0).meta({ description: 'Channels that each further block adds.', unit: 'channels' }),
    wm: z.number().gt(1).meta({ description: 'Ratio between the widths of neighbouring stages.' }),
    depth: count.meta({ description: 'Number of blocks.' }),
    groupWidth: count.meta({ description: 'Channels per group of the 3x3 convolutions.', unit: 'channels' }),
    kind: trunkKind,
  }),
  z.strictObject({
    stages: z
      .array(
        z.strictObject({
          depth: count.meta({ description: 'Number of blocks; the first has stride 2.' }),
          width: count.meta({ description: 'Output of every block.', unit: 'channels' }),
          groupWidth: count.meta({ description: 'Channels per group of the 3x3 convolutions.', unit: 'channels' }),
        }),
      )
      .min(1)
      .meta({ description: 'Stages given one by one, for trunks that no rule describes.' }),
    kind: trunkKind,
  }),
]);

const model = section(
  {
    architecture: key(architecture, 'seer-8gf', {
      description: 'Trunk: a name that `auspex arch` knows, or the RegNet numbers {w0, wa, wm, depth, groupWidth}.',
      source: 'SEER, Table 16',
    }),
    head: key(z.array(count).min(1).nullable(), null, {
      description:
        'Widths of the projection head after the trunk, the embedding last. Null: those of the named architecture, or [8192, 8192, 256].',
      unit: 'channels',
      source: 'SEER, Table 16',
    }),
    init: key(z.string().nullable(), null, {
      description:
        'Where the trunk of a new training comes from: a run folder, or a checkpoint such as `auspex checkpoint import` makes. Head and prototypes start anew. Null: everything does.',
      source: 'ours',
    }),
    headBatchNorm: key(z.enum(['none', 'hidden', 'hidden-and-output']), 'none', {
      description:
        'Batch normalisation in the head: nowhere, after hidden layers, or also (without affine) after the output. Short trainings need it.',
      source: 'SEER, Table 15; the released 8gf to 32gf have "hidden" (VISSL)',
    }),
    prototypes: key(count.nullable(), null, {
      description: 'Number of prototypes. Null: that of the named architecture, or 16000.',
      source: 'SEER, Sec. 3 (16,000)',
    }),
  },
  'What is trained.',
);

const loss = section(
  {
    temperature: key(positive, 0.1, { description: 'Temperature of the predictions.', source: 'SEER, Table 15' }),
    epsilon: key(positive, 0.03, {
      description: 'Regularisation of Sinkhorn-Knopp: smaller makes sharper codes.',
      source: 'SEER, Table 15',
    }),
    sinkhornIterations: key(count, 10, { description: 'Iterations of Sinkhorn-Knopp.', source: 'SEER, Table 15' }),
    queueLength: key(z.int().min(0), 0, {
      description: 'Embeddings kept per large crop to balance the codes of small batches; 0 is none.',
      unit: 'images',
      source: 'SEER has none; SwAV 3,840 at a batch of 256',
    }),
    prototypesFrozenIterations: key(z.int().min(0), 313, {
      description: 'First iterations during which the prototypes do not move.',
      unit: 'iterations',
      source: 'VISSL',
    }),
  },
  'SwAV: codes of the large crops, predicted from all other crops.',
);

const cropGroup = z.strictObject({
  count: count.meta({ description: 'Crops of this kind per image.' }),
  size: count.meta({ description: 'Side of the crop.', unit: 'pixels' }),
  scale: range(share).meta({ description: "Share of the image's area that a crop covers, least and most." }),
});

const crops = section(
  {
    groups: key(
      z.array(cropGroup).min(1),
      [
        { count: 2, size: 160, scale: [0.14, 1] },
        { count: 4, size: 96, scale: [0.05, 0.14] },
      ],
      {
        description:
          'Kinds of crops. Codes come from the first group, which needs at least 2 of them or a second group.',
        source: 'SEER, Table 15; scales VISSL',
      },
    ),
    aspectRatio: key(range(positive), [3 / 4, 4 / 3], {
      description: 'Width over height of a crop before it is made square, least and most.',
      source: 'VISSL (torchvision RandomResizedCrop)',
    }),
    region: section(
      {
        left: key(share, 0, { description: 'Left edge.', unit: "share of the image's width", source: 'ours' }),
        top: key(share, 0, { description: 'Upper edge.', unit: "share of the image's height", source: 'ours' }),
        right: key(share, 1, { description: 'Right edge.', unit: "share of the image's width", source: 'ours' }),
        bottom: key(share, 1, { description: 'Lower edge.', unit: "share of the image's height", source: 'ours' }),
      },
      'Part of every image that crops come from.',
    ),
    flip: key(share, 0.5, { description: 'Probability of a horizontal flip.', source: 'VISSL' }),
    jitter: section(
      {
        probability: key(share, 0.8, { description: 'Probability of colour jitter.', source: 'VISSL' }),
        brightness: key(z.number().min(0), 0.8, { description: 'Brightness changes by 1 +- this.', source: 'VISSL' }),
        contrast: key(z.number().min(0), 0.8, { description: 'Contrast changes by 1 +- this.', source: 'VISSL' }),
        saturation: key(z.number().min(0), 0.8, { description: 'Saturation changes by 1 +- this.', source: 'VISSL' }),
        hue: key(z.number().min(0).max(0.5), 0.2, {
          description: 'Hue turns by +- this.',
          unit: 'turns of the colour circle',
          source: 'VISSL',
        }),
      },
      'Colour jitter, in random order.',
    ),
    grey: key(share, 0.2, { description: 'Probability that a crop turns grey.', source: 'VISSL' }),
    blur: section(
      {
        probability: key(share, 0.5, { description: 'Probability of a Gaussian blur.', source: 'VISSL' }),
        radius: key(range(z.number().min(0)), [0.1, 2], {
          description: 'Radius of the blur, least and most.',
          unit: 'pixels',
          source: 'VISSL',
        }),
      },
      'Gaussian blur.',
    ),
    mean: key(z.tuple([z.number(), z.number(), z.number()]), [0.485, 0.456, 0.406], {
      description: 'Subtracted from red, green and blue in [0, 1].',
      source: 'ImageNet, VISSL',
    }),
    std: key(z.tuple([positive, positive, positive]), [0.229, 0.224, 0.225], {
      description: 'Divides red, green and blue.',
      source: 'ImageNet, VISSL',
    }),
  },
  'Crops of an image and their augmentations.',
);

const optimizer = section(
  {
    momentum: key(z.number().min(0).lt(1), 0.9, { description: 'Momentum of SGD.', source: 'SEER, Table 15' }),
    weightDecay: key(z.number().min(0), 1e-5, {
      description: 'Weight decay, on every parameter (BN, biases and prototypes too).',
      source: 'SEER, Table 15; VISSL',
    }),
    larc: key(z.boolean(), true, {
      description: 'Whether each layer scales its rate by the norms of its weights and gradients (LARC).',
      source: 'SEER, App. D',
    }),
    trustCoefficient: key(positive, 0.001, { description: "LARC's trust coefficient.", source: 'VISSL' }),
    larcEpsilon: key(positive, 1e-8, { description: "Added to LARC's denominator.", source: 'VISSL' }),
  },
  'LARC-SGD.',
);

const schedule = section(
  {
    start: key(z.number().min(0), 0.15, { description: 'Learning rate of iteration 0.', source: 'SEER, Sec. 3' }),
    peak: key(positive, 9.3, { description: 'Learning rate after the warm-up.', source: 'SEER, Sec. 3' }),
    end: key(z.number().min(0), 0.0093, {
      description: 'Learning rate that the cosine ends at.',
      source: 'SEER, Sec. 3',
    }),
    perImages: key(count.nullable(), 7936, {
      description:
        'Batch size that the three rates are meant for: they are scaled by training.batchSize / perImages. Null: taken as they are.',
      unit: 'images',
      source: 'SEER, Table 15; linear scaling from VISSL (a peak of 0.3 per 256)',
    }),
    warmupIterations: key(z.int().min(0), 5500, {
      description: 'Length of the linear warm-up.',
      unit: 'iterations',
      source: 'SEER, Table 15',
    }),
    cosine: key(z.enum(['restart', 'joined']), 'restart', {
      description:
        'Whether the cosine starts at the peak after the warm-up, or runs over the whole training and is joined.',
      source: 'restart: swav; joined: VISSL',
    }),
  },
  'Learning rate: linear warm-up, then cosine.',
);

const training = section(
  {
    batchSize: key(count, 64, {
      description: 'Images of a step, over all ranks.',
      unit: 'images',
      source: 'ours; SEER 7,936',
    }),
    iterations: key(count.nullable(), null, {
      description: 'Length of the training in steps. Giving it replaces epochs.',
      unit: 'iterations',
      source: 'SEER, Sec. 3 (126,000)',
    }),
    epochs: key(positive.nullable(), 1, {
      description: 'Length of the training in passes over the images. Giving it replaces iterations.',
      unit: 'epochs',
      source: 'SEER, Table 15',
    }),
    seed: key(z.int().min(0), 0, { description: 'Seed of weights, data order and crops.', source: 'ours' }),
    precision: key(z.enum(['auto', 'fp32', 'bf16', 'fp16']), 'auto', {
      description:
        'Arithmetic of convolutions and linear layers; auto takes bf16 where the processors of all ranks are quick at it. fp16, with a loss scale, is for TensorFlow (training.device).',
      source: 'SEER, Sec. 3 (mixed precision)',
    }),
    lossScale: key(positive, 65_536, {
      description:
        'Of fp16: by how much the loss is scaled at first, so that gradients do not vanish. An overflow leaves the step out and halves it.',
      source: 'ours (that of PyTorch and Apex)',
    }),
    lossScaleGrowth: key(count, 2000, {
      description: 'Of fp16: after so many steps without an overflow the loss scale doubles.',
      unit: 'iterations',
      source: 'ours (that of PyTorch and Apex)',
    }),
    device: key(z.enum(['cpu', 'tensorflow-cpu', 'gpu']), 'cpu', {
      description:
        "What computes: cpu is Auspex's own executor on oneDNN; gpu is TensorFlow on an NVIDIA GPU, tensorflow-cpu TensorFlow on processors, to compare with (`auspex setup tensorflow`, and --gpu).",
      source: 'ours',
    }),
    threads: key(z.union([auto, count]), 'auto', {
      description: 'Threads that compute; auto is one per core.',
      unit: 'threads',
      source: 'ours',
    }),
    memoryBudget: key(byteSize.nullable(), null, {
      description:
        "Most memory for a step's values, such as 4GiB; activation checkpoints are added until it fits. Null: no limit.",
      unit: 'bytes',
      source: 'SEER, Sec. 3 and eq. 3',
    }),
    recomputeGroups: key(z.union([auto, z.literal('none'), count]), 'auto', {
      description:
        'Groups of layers between activation checkpoints: none keeps those of every layer (but for normalised ones, which are always made again), auto takes none or as many as memoryBudget needs.',
      source: 'SEER, eq. 3 (the 10b had 4)',
    }),
    nanPolicy: key(z.enum(['stop', 'skip']), 'stop', {
      description: 'What a NaN or infinity in the loss or the gradients does: end the training, or leave out the step.',
      source: 'ours',
    }),
    out: key(z.string().min(1).nullable(), null, {
      description: 'Run folder. Null: runs/<date and time>.',
      source: 'ours',
    }),
  },
  'The run.',
);

const topicSpan = z.strictObject({
  partition: z.int().min(0).meta({ description: 'Partition of the topic.' }),
  begin: z.int().min(0).meta({ description: 'First offset.', unit: 'messages' }),
  end: z.int().min(0).nullable().meta({ description: 'Offset behind the last; null for none.', unit: 'messages' }),
});

const bus = section(
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

const data = section(
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
    maximumPixels: key(count, 178_956_970, {
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

const checkpoint = section(
  {
    everyIterations: key(count.nullable(), 1000, {
      description: 'A checkpoint after so many steps. Null: by time only.',
      unit: 'iterations',
      source: 'ours',
    }),
    everyMinutes: key(positive.nullable(), null, {
      description: 'A checkpoint after so much time. Null: by steps only.',
      unit: 'minutes',
      source: 'ours',
    }),
    keepLast: key(count, 2, { description: 'Newest checkpoints that are kept.', source: 'ours' }),
    keepEvery: key(count.nullable(), null, {
      description: 'Checkpoints of a multiple of so many steps are kept for ever. Null: none.',
      unit: 'iterations',
      source: 'ours',
    }),
    copyTo: key(z.string().nullable(), null, {
      description:
        'Where every checkpoint is copied to in the background: a folder, or s3://BUCKET/PREFIX. A copy that fails is a warning. Null: nowhere.',
      source: 'ours',
    }),
  },
  'Checkpoints.',
);

const quality = section(
  {
    everyIterations: key(count.nullable(), 500, {
      description: 'Quality is measured after so many steps. Null: at the end only.',
      unit: 'iterations',
      source: 'ours',
    }),
    knn: section(
      {
        k: key(count, 20, { description: 'Neighbours that vote.', source: 'DINOv2' }),
        temperature: key(positive, 0.07, { description: 'Temperature of the votes.', source: 'DINOv2' }),
        maximumImages: key(count, 5000, {
          description: 'Most labelled images to search among.',
          unit: 'images',
          source: 'ours',
        }),
      },
      'kNN probe on the held-out images, where folders are labels.',
    ),
    collapseAlarm: section(
      {
        enabled: key(z.boolean(), true, { description: 'Whether to watch for collapse.', source: 'ours' }),
        afterIterations: key(z.int().min(0), 2000, {
          description: 'Steps during which a loss at ln(prototypes) is normal.',
          unit: 'iterations',
          source: 'ours',
        }),
        margin: key(share, 0.01, {
          description: 'A loss within this share below ln(prototypes) counts as stuck.',
          source: 'ours',
        }),
      },
      'Alarm when the loss is stuck at ln(prototypes).',
    ),
  },
  'Quality while training.',
);

const ranks = section(
  {
    batchNorm: key(count.nullable(), null, {
      description: 'Consecutive ranks that share the statistics of batch norm. Null: all. 1: every rank takes its own.',
      unit: 'ranks',
      source: 'SEER, Sec. 3 (all); VISSL, 10B (8)',
    }),
    keepGathered: key(z.boolean(), false, {
      description:
        'Whether a unit of the network stays whole on every rank from its forward to its backward pass: half the traffic between ranks, for memory of all parameters at once.',
      source: 'SEER, Sec. 3 (no)',
    }),
    transport: key(z.enum(['auto', 'gloo', 'nccl']), 'auto', {
      description:
        'How ranks exchange. auto: by NCCL between GPUs, else in shared memory on one host and by Gloo across several. gloo is also for ranks of one host that may not share memory.',
      source: 'ours',
    }),
    collectiveTimeout: key(positive, 60, {
      description: 'A rank that does not come to an exchange within so long counts as stuck.',
      unit: 'seconds',
      source: 'ours',
    }),
    heartbeatTimeout: key(positive, 10, {
      description: 'A process that was not heard of for so long counts as lost.',
      unit: 'seconds',
      source: 'ours',
    }),
    replacementTimeout: key(z.number().min(0), 20, {
      description:
        'After a loss, how long to wait for another process before going on with fewer, where that is allowed.',
      unit: 'seconds',
      source: 'ours',
    }),
  },
  'Training on several ranks.',
);

const evaluations = key(z.array(evaluationSchema), [], {
  description:
    'What is measured of checkpoints while the training goes on, each in a process of its own and of lower priority, one at a time.',
  source: 'ours',
});

export const configSchema = z.strictObject({
  configVersion: key(z.int().min(1).max(CONFIG_VERSION), CONFIG_VERSION, {
    description: 'Version of this list of keys.',
    source: 'ours',
  }),
  preset: key(z.string().nullable(), null, {
    description: 'Preset whose values hold where this config says nothing.',
    source: 'ours',
  }),
  model,
  loss,
  crops,
  optimizer,
  schedule,
  training,
  data,
  bus,
  checkpoint,
  quality,
  evaluations,
  ranks,
});

/** What a person writes: every key may be left out. */
export type ConfigInput = z.input<typeof configSchema>;
/** What the schema gives: every key present. */
export type ParsedConfig = z.output<typeof configSchema>;
