/**
 * A fine-tuned network on images of another kind than it was trained on (Sec. 4.2.2, Table 7, Figure 7): ImageNet-A, -R,
 * -Sketch, -ReaL, -V2 and ObjectNet, one at a time, and ImageNet's own validation images. Nothing is trained.
 *
 * A test set has some of the network's classes. Scores of the others are left out, and images of classes that the network does
 * not have are not judged. Where an image has several right answers (ReaL, ObjectNet), any of them is right. ObjectNet as the
 * catalogue reads it has all of ImageNet's classes, of which any may be answered, as its makers score it.
 */
import * as z from 'zod';
import { aliasesIn } from '../classifiers/aliases.ts';
import { type ClassMatch, matchClasses } from '../classifiers/class-names.ts';
import type { Labels } from '../datasets/dataset.ts';
import { EvaluationError } from '../errors.ts';
import { classify } from '../fine-tune/classify.ts';
import { requireClassifier } from '../fine-tune/require-classifier.ts';
import { bootstrapMean } from '../intervals/bootstrap.ts';
import type { Protocol } from './protocol.ts';

export interface OutOfDomainOptions {
  /** Side of the centre view in pixels. */
  readonly size: number;
  readonly batchSize: number;
  readonly precision: 'auto' | 'fp32' | 'bf16';
  /** JSON file: for classes of the test set, the names that the network's classes go by, such as ObjectNet's own file. */
  readonly aliases: string | null;
}

const options: z.ZodType<OutOfDomainOptions> = z.strictObject({
  size: z.int().min(8).default(224),
  batchSize: z.int().min(1).default(32),
  precision: z.enum(['auto', 'fp32', 'bf16']).default('auto'),
  aliases: z.string().min(1).nullable().default(null),
});

export const outOfDomainProtocol: Protocol<OutOfDomainOptions> = {
  name: 'out-of-domain',
  description: 'a fine-tuned network on images of another kind',
  source: 'Sec. 4.2.2, Table 7 and Figure 7',
  options,
  paths: { aliases: 'file' },
  splits: ['test'],
  layers: () => [],
  check: () => undefined,
  async run({ size, batchSize, precision, aliases }, bench) {
    const { data, signal } = bench;
    const { classes, weights, description } = requireClassifier(bench.model);
    const match = matchClasses(classes, data.classes, aliases === null ? {} : await aliasesIn(aliases));
    const { images, labels } = await bench.split('test');
    const right: number[] = [];
    let unjudged = 0;
    const skipped = await classify({
      ...{ description, weights, images, size, batchSize, precision, signal },
      onProgress: (done, total) => bench.progress('test', done, total),
      onScores: (image, scores) => {
        const answer = judge(labels, image, data.classes.length, match, scores);
        if (answer === undefined) unjudged++;
        else right.push(Number(answer));
      },
    });
    if (right.length === 0) {
      const message = `No image of ${data.name} has a label that is a class of the network; nothing can be said.`;
      throw new EvaluationError('CLASSES_DIFFER', message);
    }
    const matched = data.classes.length - match.missing.length;
    bench.noteImages('test', right.length, skipped);
    const of = { classes: `${matched} of ${data.classes.length}`, 'not judged': `${unjudged}` };
    return { metrics: [{ name: 'top1', ...bootstrapMean(right), count: right.length, of }] };
  },
};

/** Whether the best of the scores of matched classes is right; undefined for an image that has no matched label. */
export function judge(
  labels: Labels,
  image: number,
  numClasses: number,
  { testClassOf }: Pick<ClassMatch, 'testClassOf'>,
  scores: ArrayLike<number>,
): boolean | undefined {
  let best = -1;
  let judged = false;
  const isRight = (testClass: number) =>
    labels.kind === 'classes'
      ? labels.classes[image] === testClass
      : labels.present[image * numClasses + testClass] === 1;
  for (const [own, testClass] of testClassOf.entries()) {
    if (testClass < 0) continue;
    judged ||= isRight(testClass);
    if (best < 0 || scores[own]! > scores[best]!) best = own;
  }
  return judged ? isRight(testClassOf[best]!) : undefined;
}
