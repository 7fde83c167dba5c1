/** The same images as several checkpoints saw them. */
import { type Benchmark, nameOf } from './benchmarks.ts';
import type { Examples } from './examples.ts';
import type { ComparedExample, ExampleSection, ReportedCheckpoint, ReportedResult } from './report.ts';

/** More would make a page heavy that is to be sent around. */
const MAX_EXAMPLES = 24;

/** Undefined for a benchmark without examples. */
export function compareExamples(
  { protocol, dataset, variant, results }: Benchmark,
  examples: ReadonlyMap<string, Examples>,
  reported: readonly ReportedResult[],
  checkpoints: readonly ReportedCheckpoint[],
): ExampleSection | undefined {
  const byName = new Map<string, ComparedExample>();
  const captions = new Set<string>();
  for (const { file } of results) {
    const list = examples.get(file);
    if (!list) continue;
    captions.add(list.caption);
    const { label } = checkpoints[reported.find((result) => result.file === file)!.checkpoint]!;
    for (const { name, image, caption, truth, predicted, right, found } of list.examples) {
      const known = byName.get(name) ?? { name, image, caption, truth, answers: [] };
      const answer = { checkpoint: label, predicted, right, found };
      byName.set(name, { ...known, answers: [...known.answers, answer] });
    }
  }
  if (byName.size === 0) return undefined;
  const isDisputed = ({ answers }: ComparedExample) => new Set(answers.map(({ right }) => right)).size > 1;
  const all = [...byName.values()];
  const ordered = [...all.filter(isDisputed), ...all.filter((example) => !isDisputed(example))];
  return {
    title: `${protocol} on ${nameOf(dataset, variant)}`,
    caption: [...captions].join(' '),
    examples: ordered.slice(0, MAX_EXAMPLES),
    total: all.length,
  };
}
