/** JSON as bytes. Whatever is looked for ends before a newline. */

export const [NEWLINE, SPACE, QUOTE, HASH, COMMA] = [10, 32, 34, 35, 44];
export const [COLON, OPEN, BACKSLASH, CLOSE, BEGIN, END] = [58, 91, 92, 93, 123, 125];
const [TAB, RETURN] = [9, 13];

/** Where something else begins, from `at` on. */
export function skipSpace(bytes: Uint8Array, at: number): number {
  while (bytes[at] === SPACE || bytes[at] === TAB || bytes[at] === RETURN) at++;
  return at;
}

export function holds(bytes: Uint8Array, at: number, text: Uint8Array): boolean {
  for (let i = 0; i < text.length; i++) if (bytes[at + i] !== text[i]) return false;
  return true;
}

/** What a string does not go on after, or not as it is written. */
export function isBroken(byte: number): boolean {
  return byte === BACKSLASH || byte < SPACE;
}
