/**
 * What is known of a stream of images: how many there were, and the labels of a uniform sample of them.
 *
 *     message ──▶ an image? ──▶ in the sample? ──▶ its labels, its country ──▶ columns
 *                   │ no          │ no
 *                   ▼             ▼
 *            bad, by reason     counted
 *
 * A label is what the message says. Nothing is ever guessed from the pixels, least of all about a person.
 */
import { type BadImageMessage, decodeImage, isBadMessage } from '../topics/image-message.ts';
import { Column } from './column.ts';
import { locate } from './locate.ts';
import { Reservoir, type ReservoirOptions } from './reservoir.ts';

/** The label that is also looked for in coordinates. */
export const COUNTRY = 'country';
/** The column beside it that says how the country is known; no label of a message gets there. */
export const LOCATED = '(located)';

/** Names of further labels that are remembered. */
const MAXIMUM_SEEN_LABELS = 50;

export type BadCode = BadImageMessage['code'];
export type BadCounts = Record<BadCode, number>;

export interface StreamSampleOptions extends ReservoirOptions {
  /** Which labels are kept, in this order. */
  readonly labels: readonly string[];
}

/** What a sample that was kept is made of, beside the options. */
export interface KeptSample {
  /** One for each label, and one for LOCATED after them where COUNTRY is a label. */
  readonly columns: readonly Column[];
  readonly bad: BadCounts;
  readonly seenLabels: readonly string[];
}

export class StreamSample {
  readonly labels: readonly string[];
  readonly reservoir: Reservoir;
  readonly columns: readonly Column[];
  readonly bad: BadCounts;
  readonly #seenLabels: Set<string>;

  constructor(options: StreamSampleOptions, kept?: KeptSample) {
    this.labels = options.labels;
    this.reservoir = new Reservoir(options);
    this.columns = kept?.columns ?? columnNames(options.labels).map((name) => new Column(name));
    this.bad = { BAD_IMAGE_MESSAGE: 0, UNKNOWN_SCHEMA: 0, EMPTY: 0, ...kept?.bad };
    this.#seenLabels = new Set(kept?.seenLabels);
  }

  /** Labels of the sampled images, kept or not; at most fifty names. */
  get seenLabels(): string[] {
    return [...this.#seenLabels].sort();
  }

  /** @param value the body of a message */
  add(value: Uint8Array): void {
    const image = decodeImage(value);
    if (isBadMessage(image)) {
      this.bad[image.code]++;
      return;
    }
    const before = this.reservoir.size;
    const slot = this.reservoir.offer();
    if (slot === undefined) return;
    const isNew = slot >= before;
    const location = this.labels.includes(COUNTRY) ? locate(image) : undefined;
    for (const column of this.columns) {
      const { label } = column;
      if (label === COUNTRY) column.set(slot, location?.country, isNew);
      else if (label === LOCATED) column.set(slot, location?.how, isNew);
      else column.set(slot, Object.hasOwn(image.labels, label) ? image.labels[label] : undefined, isNew);
    }
    this.#see(Object.keys(image.labels));
  }

  #see(names: readonly string[]): void {
    for (const name of names) if (this.#seenLabels.size < MAXIMUM_SEEN_LABELS) this.#seenLabels.add(name);
  }
}

export function columnNames(labels: readonly string[]): string[] {
  return labels.includes(COUNTRY) ? [...labels, LOCATED] : [...labels];
}
