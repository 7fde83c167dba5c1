/** Capital letters of 5 x 7 dots, drawn as rectangles: what fonts a machine has changes nothing. */

/** Seven rows from the top, each of five bits, as two hexadecimal digits. */
const LETTERS: Readonly<Record<string, string>> = {
  A: '0e11111f111111',
  B: '1e11111e11111e',
  C: '0e11101010110e',
  D: '1e11111111111e',
  E: '1f10101e10101f',
  F: '1f10101e101010',
  G: '0e11101713110e',
  H: '1111111f111111',
  I: '0e04040404040e',
  K: '11121418141211',
  L: '1010101010101f',
  M: '111b1515111111',
  N: '11191513111111',
  O: '0e11111111110e',
  P: '1e11111e101010',
  R: '1e11111e141211',
  S: '0f10100e01011e',
  T: '1f040404040404',
  U: '1111111111110e',
  W: '11111115151b11',
  Y: '11110a04040404',
};

export const ALPHABET = Object.keys(LETTERS);

/** The path of a line of text in SVG, from (0, 0) on, each dot of a size in pixels. Other characters are spaces. */
export function textPath(text: string, dot: number): { path: string; width: number; height: number } {
  const squares: string[] = [];
  for (const [place, letter] of [...text].entries()) {
    const rows = LETTERS[letter];
    for (let row = 0; rows && row < 7; row++) {
      const bits = Number.parseInt(rows.slice(2 * row, 2 * row + 2), 16);
      for (let column = 0; column < 5; column++) {
        if (!(bits & (1 << (4 - column)))) continue;
        squares.push(`M${(place * 6 + column) * dot} ${row * dot}h${dot}v${dot}h${-dot}z`);
      }
    }
  }
  return { path: squares.join(''), width: (text.length * 6 - 1) * dot, height: 7 * dot };
}
