/** What a run writes down: one JSON object per line of metrics.jsonl and skipped.jsonl. */

/** One optimiser step. */
export interface StepRecord {
  readonly kind: 'step';
  /** Steps finished so far, this one included: the first record has 1. */
  readonly step: number;
  /** Epochs finished so far, with the fraction of the current one. */
  readonly epoch: number;
  /** The SwAV loss; null when the step was not applied, because something in it was not finite. */
  readonly loss: number | null;
  readonly learningRate: number;
  /** Images (not crops) per second, over the whole step. */
  readonly imagesPerSecond: number;
  /** The share (0 to 1) of the step's time spent waiting for images. */
  readonly dataWaitShare: number;
  /** Entropy of the prototypes' use over its largest possible value, 0 to 1. */
  readonly prototypeEntropy: number;
  /** Prototypes that at least one recent image chose. */
  readonly prototypesUsed: number;
  /** L2 norm of all gradients, before LARC. */
  readonly gradientNorm?: number | null;
  /** fp16 only: the loss scale for the next step, and how many steps have been left out for it. */
  readonly lossScale?: number;
  readonly overflows?: number;
  /** That this one was, as steps are while the scale is being found; missing where it was not. */
  readonly overflowed?: true;
  /** Several ranks only. */
  readonly ranks?: RanksRecord;
  /** The batch's images, by name; only where the step was not applied. */
  readonly images?: readonly string[];
  /**
   * Where its images lie in the data order: from, and up to but without, a position, skipped ones included. Missing in
   * records of older versions, as are the two below.
   */
  readonly position?: readonly [number, number];
  /** Positions among them whose images could not be used; missing where all could. */
  readonly skipped?: readonly number[];
  /** Per rank, the digest of epoch and image in each of its rows, as they were fed. */
  readonly digests?: readonly string[];
  /** When the step ended, ISO 8601 in UTC. */
  readonly time: string;
}

/** What a step of several ranks spent on being several; shares are over all ranks. */
export interface RanksRecord {
  readonly count: number;
  /** Of the time: computation that waited for other ranks. */
  readonly waitingShare: number;
  /** Of the communication beside the computation: what the computation did not wait for. */
  readonly hiddenShare: number;
  /** Of the time: neither in programs nor waiting for images. */
  readonly overheadShare: number;
}

/** A world of a run on several ranks, in worlds.jsonl: nothing there is ever taken back. */
export type WorldRecord =
  | {
      readonly kind: 'began';
      readonly world: number;
      /** Names of the processes, in rank order. */
      readonly ranks: readonly string[];
      readonly step: number;
      readonly time: string;
    }
  | {
      readonly kind: 'ended';
      readonly world: number;
      readonly step: number;
      readonly reason: string;
      readonly time: string;
    };

/** One measurement of the encoder. Write it before the checkpoint of its step, so that a resume neither loses nor repeats it. */
export interface QualityRecord {
  readonly kind: 'quality';
  readonly step: number;
  /** Of the held-out embeddings (RankMe). */
  readonly effectiveRank: number;
  /** Top-1, 0 to 1; only where held-out images have labels. */
  readonly knnAccuracy?: number;
  /** The run's own held-out score, 0 to 1. */
  readonly heldOut?: number;
  readonly time: string;
}

export type MetricsRecord = StepRecord | QualityRecord;

/** An image that could not be used. */
export interface SkippedImage {
  /** The step it was meant for; 0 when it was found while the images were listed. */
  readonly step: number;
  /** As the source names it: a path below the data folder, or shard and member. */
  readonly image: string;
  /** Its place in the data order; missing for those that no step drew. */
  readonly position?: number;
  /** Stable, for programs: `TRUNCATED`, `TOO_MANY_PIXELS`, ... */
  readonly code: string;
  /** For people. */
  readonly reason: string;
}

export type RunStatus = 'running' | 'finished' | 'stopped' | 'failed';

/** run.json: which run this is and where it ran. */
export interface RunDescription {
  /** The version of this file's format. */
  readonly format: 1;
  /** A random UUID, kept over resumes. */
  readonly id: string;
  readonly status: RunStatus;
  /** Why the run failed or stopped; only then. */
  readonly reason?: string;
  /** ISO 8601 in UTC. */
  readonly startedAt: string;
  /** When the last process to work on the run ended; missing while it runs. */
  readonly endedAt?: string;
  /** The steps from which the run was taken up again. */
  readonly resumedFrom: readonly number[];
  /** Images of the folder, held-out ones included, which the order of the data depends on; missing in older runs, and where they have no end yet. */
  readonly numImages?: number;
  /** Program versions by name: auspex, node, onednn, ... */
  readonly versions: Readonly<Record<string, string>>;
  readonly machine: MachineDescription;
}

/** What may explain a difference in speed or in the last bits between two runs. */
export interface MachineDescription {
  readonly cpu: string;
  /** Vector extensions that matter to the kernels, as /proc/cpuinfo spells them. */
  readonly cpuFeatures: readonly string[];
  /** Logical processors that this process may use. */
  readonly processors: number;
  readonly memoryBytes: number;
  readonly system: string;
}
