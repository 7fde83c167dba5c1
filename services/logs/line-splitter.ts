/** Cuts text that comes in pieces into lines; one that does not end is handed on in parts, so that memory stays bounded. */
const LONGEST = 2 ** 20;

export class LineSplitter {
  readonly #longest: number;
  #rest = '';

  /** @param longest characters of a line before it is cut */
  constructor(longest = LONGEST) {
    this.#longest = longest;
  }

  push(text: string): string[] {
    const lines = (this.#rest + text).split('\n');
    this.#rest = lines.pop()!;
    while (this.#rest.length > this.#longest) {
      lines.push(this.#rest.slice(0, this.#longest));
      this.#rest = this.#rest.slice(this.#longest);
    }
    return lines;
  }

  /** What has no end. */
  end(): string[] {
    const rest = this.#rest;
    this.#rest = '';
    return rest === '' ? [] : [rest];
  }
}
