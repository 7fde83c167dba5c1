/** The labels that files beside an image hold, as WebDataset has them. */
import { messageOf } from '../../errors.ts';
import type { Labels } from './collection.ts';

/** Larger ones hold no labels. */
export const MAXIMUM_LABEL_BYTES = 2 ** 20;

/** Endings of files of labels. */
export function isLabelFile(ending: string): boolean {
  return ending === 'json' || ending === 'cls' || ending === 'txt';
}

/**
 * x.json: its fields that are strings or numbers; x.cls: `class`; x.txt: `text`.
 * @returns the labels, or why there are none
 */
export function labelsOf(ending: string, bytes: Uint8Array): Labels | string {
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    if (ending === 'cls') return { class: text.trim() };
    if (ending === 'txt') return { text: text.trim() };
    const fields: unknown = JSON.parse(text);
    if (typeof fields !== 'object' || fields === null || Array.isArray(fields)) return 'it holds no object';
    return Object.fromEntries(
      Object.entries(fields)
        .filter(([, value]) => typeof value === 'string' || typeof value === 'number')
        .map(([name, value]) => [name, String(value)]),
    );
  } catch (error) {
    return `it cannot be understood: ${messageOf(error)}`;
  }
}
