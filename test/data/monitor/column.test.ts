import assert from 'node:assert/strict';
import { Column } from '../../../data/monitor/column.ts';
import { Dictionary, MAXIMUM_VALUE_LENGTH } from '../../../data/monitor/dictionary.ts';

/** As a sample keeps it: what `write` puts out. */
function kept(column: Column, size: number): Uint16Array {
  return Uint16Array.from([...column.codes(size)].flatMap((chunk) => [...chunk]));
}

describe('dictionary of a label', () => {
  it('counts values, and takes blanks and unknown as missing', () => {
    const dictionary = new Dictionary();
    for (const value of ['b', 'a', ' b ', '', '  ', undefined, 'Unknown', 'c', 'c']) dictionary.take(value);
    assert.deepEqual(dictionary.counted(), [
      { value: 'b', count: 2 },
      { value: 'c', count: 2 },
      { value: 'a', count: 1 },
    ]);
    assert.equal(dictionary.unknown, 4);
  });

  it('is bounded, says so, and makes room for new values when old ones are gone', () => {
    const dictionary = new Dictionary([], false, 2);
    const [a, , c] = ['a', 'b', 'c'].map((value) => dictionary.take(value));
    assert.equal(dictionary.full, true);
    assert.equal(dictionary.other, 1);
    dictionary.release(a!);
    dictionary.release(c!);
    assert.equal(dictionary.take('d'), a);
    assert.equal(dictionary.other, 0);
    assert.deepEqual(
      dictionary.counted().map(({ value }) => value),
      ['b', 'd'],
    );
    assert.equal(dictionary.numCodes, 4);
    assert.equal(dictionary.full, true);
  });

  it('cuts a value that is too long', () => {
    const dictionary = new Dictionary();
    dictionary.take('x'.repeat(1_000_000));
    assert.equal(dictionary.counted()[0]!.value.length, MAXIMUM_VALUE_LENGTH);
  });

  it('knows values that are names of properties of objects', () => {
    const dictionary = new Dictionary();
    for (const value of ['__proto__', 'constructor']) dictionary.take(value);
    assert.deepEqual(dictionary.counted(), [
      { value: '__proto__', count: 1 },
      { value: 'constructor', count: 1 },
    ]);
  });
});

describe('column of a label', () => {
  it('replaces the value of a slot, over many chunks', () => {
    const column = new Column('source');
    const images = 200_000;
    for (let slot = 0; slot < images; slot++) column.set(slot, `value ${slot % 3}`, true);
    for (let slot = 0; slot < images; slot += 2) column.set(slot, 'new', false);
    const counts = new Map(column.dictionary.counted().map(({ value, count }) => [value, count]));
    assert.equal(counts.get('new'), images / 2);
    assert.equal(
      [...counts.values()].reduce((sum, count) => sum + count, 0),
      images,
    );
    assert.equal(kept(column, images).length, images);
  });

  it('is the same after it was kept', () => {
    const column = new Column('source', new Dictionary([], false, 3));
    const values = ['a', 'b', undefined, 'c', 'd', 'a'];
    for (const [slot, value] of values.entries()) column.set(slot, value, true);
    column.set(1, 'a', false);
    const { dictionary } = column;
    const again = new Column('source', new Dictionary(dictionary.values, dictionary.full, 3));
    assert.equal(again.restore(kept(column, values.length)), true);
    assert.deepEqual(again.dictionary.counted(), dictionary.counted());
    assert.deepEqual([again.dictionary.unknown, again.dictionary.other, again.dictionary.full], [1, 1, true]);
    for (const each of [column, again]) each.set(4, 'e', false);
    assert.deepEqual(kept(again, values.length), kept(column, values.length));
  });

  it('refuses codes that its dictionary does not have', () => {
    assert.equal(new Column('source', new Dictionary(['a', null])).restore(Uint16Array.of(2, 3)), false);
    assert.equal(new Column('source', new Dictionary(['a'])).restore(Uint16Array.of(0, 1, 2, 9)), false);
  });
});
