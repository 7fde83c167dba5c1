/** Numbers of parameters as the paper writes them: 0.22M, 693M, 1.5B. */
export function shortParameters(count: number): string {
  const [scaled, unit] = count >= 999.5e6 ? [count / 1e9, 'B'] : [count / 1e6, 'M'];
  return `${Number(scaled.toPrecision(scaled < 1 ? 2 : 3))}${unit}`;
}

/** 693M as 693,000,000; undefined for what is no such number. */
export function parametersOf(text: string): number | undefined {
  const [, digits, unit] = /^([\d.]+)([MB])$/.exec(text) ?? [];
  return digits === undefined ? undefined : Number(digits) * (unit === 'B' ? 1e9 : 1e6);
}
