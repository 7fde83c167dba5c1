/** Turns what zod reports into one message that names the file, the key and the nearest known key. */
import { closest, distance } from 'fastest-levenshtein';
import type * as z from 'zod';
import { ConfigError } from './errors.ts';
import { configKeys } from './keys.ts';
import { type ConfigLayer, originOf } from './layers.ts';

/** The most problems that one message lists. */
const MAXIMUM_PROBLEMS = 5;

/** The error for what is wrong with the merged layers. */
export function configError(issues: readonly z.core.$ZodIssue[], layers: readonly ConfigLayer[]): ConfigError {
  // A misspelt key is also a missing one: name the cause before the effect.
  const isValue = (problem: Problem) => Number(problem.code === 'CONFIG_INVALID_VALUE');
  const problems = issues
    .flatMap((issue) => problemsOf(issue, [], layers))
    .sort((one, other) => isValue(one) - isValue(other));
  const shown = problems.slice(0, MAXIMUM_PROBLEMS).map((problem) => problem.text);
  if (problems.length > MAXIMUM_PROBLEMS) shown.push(`and ${problems.length - MAXIMUM_PROBLEMS} more`);
  return new ConfigError(problems[0]!.code, shown.join('; '));
}

interface Problem {
  readonly code: 'CONFIG_UNKNOWN_KEY' | 'CONFIG_INVALID_VALUE';
  readonly text: string;
}

function problemsOf(
  issue: z.core.$ZodIssue,
  parent: readonly PropertyKey[],
  layers: readonly ConfigLayer[],
): Problem[] {
  const path = [...parent, ...issue.path];
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => {
      const full = [...path, key];
      const text = `${originOf(layers, full) ?? 'config'}: unknown key "${full.join('.')}"; the nearest is "${nearestKey(full)}"`;
      return { code: 'CONFIG_UNKNOWN_KEY', text };
    });
  }
  if (issue.code === 'invalid_union' && issue.errors.length > 0) {
    return bestAlternative(issue.errors).flatMap((inner) => problemsOf(inner, path, layers));
  }
  const origin = originOf(layers, path) ?? originOf(layers, path.slice(0, -1)) ?? 'config';
  const message = issue.message.replace(/^Invalid input: /, '').replace(/^.*received undefined$/, 'is missing');
  return [{ code: 'CONFIG_INVALID_VALUE', text: `${origin}: ${path.join('.')}: ${message}` }];
}

/** Of the ways in which a value failed every alternative, the one that its writer most likely meant. */
function bestAlternative(alternatives: readonly (readonly z.core.$ZodIssue[])[]): readonly z.core.$ZodIssue[] {
  const strangeness = (issues: readonly z.core.$ZodIssue[]) =>
    issues.reduce((sum, issue) => {
      const wrongKind = (issue.code === 'invalid_type' || issue.code === 'invalid_value') && issue.path.length === 0;
      if (wrongKind) return sum + 1000;
      return sum + (issue.code === 'unrecognized_keys' ? issue.keys.length : 1);
    }, 0);
  return alternatives.reduce((best, candidate) => (strangeness(candidate) < strangeness(best) ? candidate : best));
}

/** The known key nearest in spelling: among its neighbours if one is close, otherwise anywhere. */
function nearestKey(path: readonly PropertyKey[]): string {
  const known = configKeys().map((key) => key.path);
  const written = path
    .map((part) => (typeof part === 'number' ? '[]' : String(part)))
    .join('.')
    .replaceAll('.[]', '[]');
  const section = written.slice(0, written.length - String(path.at(-1)).length);
  const neighbours = known.filter((key) => key.startsWith(section) && !key.slice(section.length).includes('.'));
  const lastPart = (key: string) => key.slice(key.lastIndexOf('.') + 1);
  const name = String(path.at(-1));
  if (neighbours.length > 0) {
    const neighbour = closest(written, neighbours);
    if (distance(name, lastPart(neighbour)) <= Math.max(2, name.length / 3)) return neighbour;
  }
  return known.reduce((best, key) => (distance(name, lastPart(key)) < distance(name, lastPart(best)) ? key : best));
}
