/** A monitoring under way: a sample, and which messages of which topic it is one of. state-file.ts keeps it. */
import { StreamSample } from '../../data/monitor/stream-sample.ts';

export interface MonitorOptions {
  /** `kafka:images` or `embedded:images`. */
  readonly topic: string;
  readonly labels: readonly string[];
  /** The most images in the sample. */
  readonly limit: number;
  readonly seed: number;
}

/** Which of a partition's messages were looked at: from `first` on, up to `next`, but for those that were missed. */
export interface Coverage {
  readonly partition: number;
  readonly first: number;
  readonly next: number;
  /** Deleted before they were read. */
  readonly missed: number;
}

export interface Monitoring {
  readonly options: MonitorOptions;
  readonly sample: StreamSample;
  /** By partition. */
  readonly coverage: Map<number, Coverage>;
}

export function newMonitoring(options: MonitorOptions): Monitoring {
  return { options, sample: new StreamSample(options), coverage: new Map() };
}

/** All messages that were looked at, whatever they held. */
export function messagesRead({ sample }: Monitoring): number {
  const { bad, reservoir } = sample;
  return reservoir.offered + bad.BAD_IMAGE_MESSAGE + bad.UNKNOWN_SCHEMA + bad.EMPTY;
}
