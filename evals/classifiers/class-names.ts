/**
 * Which classes of a network stand for the classes of a test set, by their names: ImageNet's own (n01440764) or words. A class
 * may have several names, divided by commas or semicolons; a network's class that bears any of them stands for it.
 */
import { EvaluationError } from '../errors.ts';

export interface ClassMatch {
  /** Of each class of the network, the class of the test set that it stands for, or -1. */
  readonly testClassOf: Int32Array;
  /** Classes of the test set that no class of the network stands for. */
  readonly missing: readonly number[];
}

/**
 * @param aliases names in place of those that a class of the test set has itself
 * @throws EvaluationError CLASSES_DIFFER where a name is not clear, or nothing matches
 */
export function matchClasses(
  network: readonly string[],
  test: readonly string[],
  aliases: Readonly<Record<string, string | readonly string[]>> = {},
): ClassMatch {
  const bearers = bearersIn(network);
  const testClassOf = new Int32Array(network.length).fill(-1);
  const missing: number[] = [];
  for (const [number, name] of test.entries()) {
    const matches = membersOf([aliases[name] ?? name].flat().flatMap(namesOf), bearers, name);
    if (matches.size === 0) missing.push(number);
    for (const member of matches) {
      const other = testClassOf[member]!;
      if (other >= 0) throw notClear(`${network[member]} of the network stands for both ${test[other]} and ${name}`);
      testClassOf[member] = number;
    }
  }
  if (missing.length < test.length) return { testClassOf, missing };
  throw notClear(
    `none of the ${test.length} classes of the test set (${test[0]}, ...) is a class of the network (${network[0]}, ...)`,
  );
}

/** Of each name, the classes of a network that go by it; none where there is none. */
export function classesCalled(network: readonly string[], names: readonly string[]): number[][] {
  const bearers = bearersIn(network);
  return names.map((name) => [...new Set(namesOf(name).flatMap((each) => bearers.get(each) ?? []))]);
}

/** Of each name, the classes that go by it. */
function bearersIn(network: readonly string[]): Map<string, number[]> {
  const bearers = new Map<string, number[]>();
  for (const [number, name] of network.entries()) {
    for (const each of namesOf(name)) bearers.set(each, [...(bearers.get(each) ?? []), number]);
  }
  return bearers;
}

/** A name of ImageNet's own is clear by itself, whatever words stand beside it. */
function membersOf(names: readonly string[], bearers: ReadonlyMap<string, readonly number[]>, of: string): Set<number> {
  const own = names.filter((name) => WORDNET.test(name) && bearers.has(name));
  const members = new Set<number>();
  for (const name of own.length > 0 ? own : names) {
    const found = bearers.get(name) ?? [];
    if (found.length > 1)
      throw notClear(`${found.length} classes of the network are called ${name}, which ${of} goes by`);
    for (const member of found) members.add(member);
  }
  return members;
}

const WORDNET = /^n\d{8}$/;

/** Lower case, spaces for underscores, and ImageNet's own name apart from the words behind it. */
function namesOf(name: string): string[] {
  const [, own, words] = /^(n\d{8})(?!\d)[\s_:,-]*(.*)$/.exec(name.trim()) ?? [undefined, undefined, name];
  const split = words!
    .split(/[,;]/)
    .map((word) => word.replaceAll('_', ' ').replace(/\s+/g, ' ').trim().toLowerCase())
    .filter((word) => word !== '');
  return own ? [own, ...split] : split;
}

function notClear(what: string): EvaluationError {
  const advice =
    "Give `aliases`: a JSON file of the names that a network's classes go by for each class of the test set.";
  return new EvaluationError('CLASSES_DIFFER', `Classes cannot be matched: ${what}. ${advice}`);
}
