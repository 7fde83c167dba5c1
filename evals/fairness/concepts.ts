/** Which classes of a network stand for which classes of a test set, where one may stand for several: 108 of ImageNet-22K for 94 of Dollar Street. */
import { classesCalled } from '../classifiers/class-names.ts';
import { EvaluationError } from '../errors.ts';

export interface Concepts {
  /** Of each class of the test set, the network's classes that are right for it; none where the network has none. */
  readonly rightFor: readonly ReadonlySet<number>[];
  /** Classes of the test set for which nothing is right. */
  readonly unknown: readonly string[];
}

/**
 * @param aliases names that the network's classes go by for a class of the test set. @default its own name
 * @throws EvaluationError CLASSES_DIFFER where the network has none of them, or one that is named is no class of the test set
 */
export function matchConcepts(
  network: readonly string[],
  test: readonly string[],
  aliases: Readonly<Record<string, string | readonly string[]>> = {},
): Concepts {
  const strange = Object.keys(aliases).find((name) => !test.includes(name));
  if (strange !== undefined)
    throw differ(`names are given for ${strange}, which is no class of the test set (${test[0]}, ...)`);
  const rightFor = test.map((name) => new Set(classesCalled(network, [aliases[name] ?? name].flat()).flat()));
  const unknown = test.filter((_, i) => rightFor[i]!.size === 0);
  if (unknown.length < test.length) return { rightFor, unknown };
  throw differ(
    `none of the ${test.length} classes of the test set (${test[0]}, ...) is a class of the network (${network[0]}, ...)`,
  );
}

function differ(what: string): EvaluationError {
  const advice =
    "Give `aliases`: a JSON file of the names that a network's classes go by for each class of the test set.";
  return new EvaluationError('CLASSES_DIFFER', `Classes cannot be matched: ${what}. ${advice}`);
}
