/** What an audit finds wrong, and what it cannot tell. */

export type FindingCode =
  /** A record without the fields that every record has. */
  | 'RECORD_BROKEN'
  | 'STEP_MISSING'
  | 'STEP_REPEATED'
  /** A step does not begin where the one before it ended. */
  | 'POSITION_GAP'
  | 'POSITION_OVERLAP'
  /** A step drew more or fewer images than fill a batch. */
  | 'WRONG_BATCH'
  /** Positions were skipped that the step cannot have skipped. */
  | 'WRONG_SKIPS'
  /** Other images were fed than belong to the step's positions. */
  | 'WRONG_DIGEST'
  /** The recorded epoch is not the position's, as when the number of images changed. */
  | 'WRONG_EPOCH'
  | 'IMAGE_REPEATED'
  | 'IMAGE_MISSING'
  /** metrics.jsonl and skipped.jsonl do not agree. */
  | 'SKIP_UNLISTED'
  | 'SKIP_UNKNOWN'
  /** The newest checkpoint is of another step or position than the records. */
  | 'CHECKPOINT_DISAGREES'
  | 'CHECKPOINT_UNREADABLE';

export interface Finding {
  readonly code: FindingCode;
  /** Where it was found; null where it is not about a step. */
  readonly step: number | null;
  readonly message: string;
}

export type UnprovenCode =
  /** Steps of an older Auspex: their positions are known, what was fed is not. */
  | 'NO_DIGESTS'
  /** Steps of an older Auspex that skipped images: which ones is not known. */
  | 'SKIPS_NOT_RECORDED'
  /** Nothing says how many images there are, so only the sequence of steps can be checked. */
  | 'NUMBER_OF_IMAGES_UNKNOWN';

/** Something that the run folder does not hold enough to prove. */
export interface Unproven {
  readonly code: UnprovenCode;
  /** Of how many steps; null where of all. */
  readonly steps: number | null;
  readonly message: string;
}

/** One mistake can be found at every step; so many are listed, and all are counted. */
const listed = 100;

export class Findings {
  readonly #first: Finding[] = [];
  #count = 0;

  add(code: FindingCode, step: number | null, message: string): void {
    this.#count++;
    if (this.#first.length < listed) this.#first.push({ code, step, message });
  }

  get count(): number {
    return this.#count;
  }

  get first(): readonly Finding[] {
    return this.#first;
  }
}
