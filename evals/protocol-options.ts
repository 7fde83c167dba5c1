/** Options of a protocol as people give them, checked and completed. */
import { closest, distance } from 'fastest-levenshtein';
import type * as z from 'zod';
import { EvaluationError } from './errors.ts';
import type { Protocol } from './protocols/protocol.ts';

export type OptionValues = Readonly<Record<string, unknown>>;

/** @returns all options, defaults included. @throws EvaluationError PROTOCOL_OPTION that names the option */
export function parseOptions<Options>({ name, options }: Protocol<Options>, values: OptionValues): Options {
  const parsed = options.safeParse(values);
  if (parsed.success) return parsed.data;
  const known = Object.keys(defaultsOf({ options }));
  const problems = parsed.error.issues.slice(0, 5).flatMap((issue) => problemsOf(issue, known));
  throw new EvaluationError('PROTOCOL_OPTION', `Options of ${name}: ${problems.join('; ')}.`);
}

/** What is taken where nothing is given. */
export function defaultsOf({ options }: Pick<Protocol, 'options'>): OptionValues {
  return { ...(options.safeParse({}).data as OptionValues | undefined) };
}

function problemsOf(issue: z.core.$ZodIssue, known: readonly string[]): string[] {
  if (issue.code === 'unrecognized_keys') return issue.keys.map((key) => unknownOption(key, known));
  const place = issue.path.join('.');
  return [`${place === '' ? '' : `${place}: `}${issue.message}`];
}

function unknownOption(key: string, known: readonly string[]): string {
  const nearest = known.length > 0 ? closest(key, [...known]) : undefined;
  const hint =
    nearest !== undefined && distance(key, nearest) <= 3 ? `did you mean ${nearest}` : `there are ${known.join(', ')}`;
  return `${key}: no such option (${hint})`;
}
