/**
 * Keeps a label's values few: codes are stable and number some dozens, and should something else ever come in their place, it
 * must not make a series of its own each time.
 * @returns the value itself, or OTHER
 */
export function knownLabels(most: number): (value: string) => string {
  const known = new Set<string>();
  return (value) => {
    if (known.has(value)) return value;
    if (known.size >= most || !/^[A-Z][A-Z0-9_]{0,63}$/.test(value)) return 'OTHER';
    known.add(value);
    return value;
  };
}
