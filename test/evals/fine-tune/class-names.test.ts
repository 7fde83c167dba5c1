/** Classes of a test set among those of a network. */
import assert from 'node:assert/strict';
import { matchClasses } from '../../../evals/classifiers/class-names.ts';
import { EvaluationError } from '../../../evals/errors.ts';

const NETWORK = [
  'n01440764 tench, Tinca tinca',
  'n02012849 crane',
  'n03126707 crane',
  'n02708093: analog clock',
  'n03196217 digital_clock',
  'n04254777 sock',
];

function refused(test: readonly string[], message: RegExp, aliases?: Record<string, string | string[]>) {
  assert.throws(
    () => matchClasses(NETWORK, test, aliases),
    (error) => error instanceof EvaluationError && error.code === 'CLASSES_DIFFER' && message.test(error.message),
  );
}

describe('classes of a test set', () => {
  it('are found by the names of ImageNet, whatever stands beside them', () => {
    const { testClassOf, missing } = matchClasses(NETWORK, [
      'n03126707',
      'n99999999',
      'n01440764_fish',
      'n02012849 bird',
    ]);
    assert.deepEqual([...testClassOf], [2, 3, 0, -1, -1, -1]);
    assert.deepEqual(missing, [1]);
  });

  it('are found by words, of which a class may have several, in any case', () => {
    const { testClassOf, missing } = matchClasses(NETWORK, [
      'Alarm',
      'Sock',
      'tinca  tinca',
      'analog_clock; Digital clock',
    ]);
    assert.deepEqual([...testClassOf], [2, -1, -1, 3, 3, 1]);
    assert.deepEqual(missing, [0]);
  });

  it('go by other names where a file says so', () => {
    const aliases = { 'Alarm clock': 'analog clock; digital clock', Bird: ['n02012849'], Sock: 'mitten' };
    const { testClassOf, missing } = matchClasses(NETWORK, ['Alarm clock', 'Bird', 'Sock'], aliases);
    assert.deepEqual([...testClassOf], [-1, 1, -1, 0, 0, -1]);
    assert.deepEqual(missing, [2]);
  });

  it('that are not clear are refused', () => {
    refused(['crane', 'sock'], /2 classes of the network are called crane/);
    refused(['sock', 'Socks'], /sock of the network stands for both sock and Socks/, { Socks: 'sock' });
    refused(['hat', 'shoe'], /none of the 2 classes/);
  });
});
