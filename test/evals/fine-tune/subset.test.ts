/** Few images of a split: drawn from each class, or named by a list. */
import assert from 'node:assert/strict';
import type { ImageSource } from '../../../data/source.ts';
import type { Split } from '../../../evals/datasets/dataset.ts';
import { EvaluationError } from '../../../evals/errors.ts';
import { listedImages, shareOfEachClass, subsetOf } from '../../../evals/fine-tune/subset.ts';

const COUNTS = [1000, 130, 40, 3];
const classes = Int32Array.from(COUNTS.flatMap((count, label) => new Array<number>(count).fill(label)));

function splitOf(names: readonly string[], labels: Split['labels']): Split {
  const images: ImageSource = { length: names.length, name: (i) => names[i]!, read: async (i) => Uint8Array.of(i) };
  return { images, labels, groups: names.map((name) => name.toUpperCase()) };
}

describe('few images of a split', () => {
  it('are a share of each class, one at least, and other ones by another seed', () => {
    const chosen = shareOfEachClass(classes, 0.01, 7);
    const counts = COUNTS.map((_, label) => chosen.filter((image) => classes[image] === label).length);
    assert.deepEqual(counts, [10, 1, 1, 1]);
    assert.equal(new Set(chosen).size, 13);
    assert.deepEqual(
      chosen,
      chosen.toSorted((one, other) => one - other),
    );
    assert.deepEqual(shareOfEachClass(classes, 0.01, 7), chosen);
    assert.notDeepEqual(shareOfEachClass(classes, 0.01, 8), chosen);
    assert.deepEqual(shareOfEachClass(classes, 1, 7), [...classes.keys()]);
  });

  it('are those of a list, by their names in the split, in the archive, or without their ending', () => {
    const split = splitOf(['n1/n1_7.JPEG', 'n1/n1_8.JPEG', 'n2/n2_7.JPEG'], {
      kind: 'classes',
      classes: Int32Array.of(0, 0, 1),
    });
    assert.deepEqual(listedImages(split, 'n2_7.JPEG\nn1/n1_8.JPEG\r\n\nn2_7\n', 'list.txt'), [1, 2]);
    const refused = (text: string, of: Split, message: RegExp) =>
      assert.throws(
        () => listedImages(of, text, 'list.txt'),
        (error) => error instanceof EvaluationError && error.code === 'BAD_IMAGE_LIST' && message.test(error.message),
      );
    refused('n1_7\nn3_7\n', split, /list\.txt, line 2: n3_7: no image/);
    const twice = splitOf(['a/1.jpg', 'b/1.jpg'], split.labels);
    refused('1.jpg', twice, /2 images are called that/);
  });

  it('keep their labels, groups and names', async () => {
    const present = Int8Array.of(1, 0, 0, 1, -1, 1);
    const split = splitOf(['a', 'b', 'c'], { kind: 'sets', present });
    const some = subsetOf(split, [0, 2], 2);
    assert.deepEqual([some.images.length, some.images.name(1), await some.images.read(1)], [2, 'c', Uint8Array.of(2)]);
    assert.deepEqual(some.labels, { kind: 'sets', present: Int8Array.of(1, 0, -1, 1) });
    assert.deepEqual(some.groups, ['A', 'C']);
  });
});
