/** What a monitoring has found out, as numbers: DIR/monitor.json, and all that the page shows. */
import type { Column } from '../../data/monitor/column.ts';
import { countryName } from '../../data/monitor/countries.ts';
import type { KnownBy, UnknownBecause } from '../../data/monitor/locate.ts';
import { type BadCounts, COUNTRY, LOCATED } from '../../data/monitor/stream-sample.ts';
import { wilsonInterval } from '../../evals/intervals/confidence.ts';
import { type Coverage, type Monitoring, messagesRead } from './monitoring.ts';

export type MonitorStatus =
  /** Messages that were there at the beginning are still to come. */
  | 'reading'
  /** All of them are read, and new ones are waited for. */
  | 'following'
  /** All of them are read. */
  | 'complete'
  /** Ended by a person before that, or while following. */
  | 'stopped';

/** A share of the sample, and the interval that holds the stream's with 95 % confidence; all between 0 and 1. */
export interface Counted {
  readonly count: number;
  readonly share: number;
  readonly low: number;
  readonly high: number;
}

export interface CountedLabelValue extends Counted {
  readonly value: string;
  /** Of a country. */
  readonly name?: string;
}

export interface LabelSummary {
  readonly label: string;
  /** The most frequent first. */
  readonly values: readonly CountedLabelValue[];
  /** Images without the label. */
  readonly unknown: Counted;
  /** Images with a value for which there was no room: more values at once than are told apart. */
  readonly other: Counted;
  /** Whether there ever was such a value. */
  readonly full: boolean;
}

export interface MonitorSummary {
  readonly format: 1;
  readonly topic: string;
  readonly status: MonitorStatus;
  /** ISO 8601. */
  readonly updatedAt: string;
  readonly messages: {
    readonly read: number;
    /** Those that hold an image, or say where one is. */
    readonly images: number;
    readonly bad: BadCounts;
    /** Deleted before they were read. */
    readonly missed: number;
  };
  readonly sample: { readonly limit: number; readonly size: number; readonly seed: number };
  readonly labels: readonly LabelSummary[];
  /** How the countries of the sample are known, or why not; null where countries are not asked for. */
  readonly located: readonly (Counted & { readonly how: KnownBy | UnknownBecause })[] | null;
  /** Labels of the images that were not asked for. */
  readonly otherLabels: readonly string[];
  readonly partitions: readonly Coverage[];
  /** Of this start of the command. */
  readonly rates: { readonly seconds: number; readonly messagesPerSecond: number };
}

export interface SummaryContext {
  readonly status: MonitorStatus;
  readonly now: Date;
  /** Since this start. */
  readonly seconds: number;
  readonly messages: number;
}

export function summarise(monitoring: Monitoring, { status, now, seconds, messages }: SummaryContext): MonitorSummary {
  const { options, sample, coverage } = monitoring;
  const { reservoir, columns, bad, seenLabels } = sample;
  const { topic, limit, seed, labels } = options;
  const located = columns.find(({ label }) => label === LOCATED);
  const partitions = [...coverage.values()].sort((a, b) => a.partition - b.partition);
  return {
    format: 1,
    topic,
    status,
    updatedAt: now.toISOString(),
    messages: {
      read: messagesRead(monitoring),
      images: reservoir.offered,
      bad: { ...bad },
      missed: partitions.reduce((sum, { missed }) => sum + missed, 0),
    },
    sample: { limit, size: reservoir.size, seed },
    labels: columns.filter((column) => column !== located).map((column) => labelSummary(column, reservoir.size)),
    located: located ? locatedSummary(located, reservoir.size) : null,
    otherLabels: seenLabels.filter((name) => !labels.includes(name)),
    partitions,
    rates: { seconds, messagesPerSecond: seconds > 0 ? messages / seconds : 0 },
  };
}

function labelSummary({ label, dictionary }: Column, size: number): LabelSummary {
  return {
    label,
    values: dictionary.counted().map(({ value, count }) => ({
      value,
      ...(label === COUNTRY && { name: countryName(value) }),
      ...counted(count, size),
    })),
    unknown: counted(dictionary.unknown, size),
    other: counted(dictionary.other, size),
    full: dictionary.full,
  };
}

function locatedSummary({ dictionary }: Column, size: number) {
  // What is in this column was put there by locate.ts.
  return dictionary
    .counted()
    .map(({ value, count }) => ({ how: value as KnownBy | UnknownBecause, ...counted(count, size) }));
}

function counted(count: number, size: number): Counted {
  if (size === 0) return { count, share: 0, low: 0, high: 1 };
  const { value: share, low, high } = wilsonInterval(count, size);
  return { count, share, low, high };
}
