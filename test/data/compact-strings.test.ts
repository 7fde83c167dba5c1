/** Strings in pieces, none of which holds all. */
import assert from 'node:assert/strict';
import { CompactStrings, hashOf } from '../../data/compact-strings.ts';
import { seed } from '../program/random.ts';
import { uniform } from '../random.ts';

describe(`data: compact strings (seed ${seed})`, () => {
  const random = uniform(seed);
  const letters = ['a', 'b', '/', 'ß', '漢', '🙂', '\0'];
  const text = () =>
    Array.from({ length: Math.floor(random() * 6) }, () => letters[Math.floor(random() * letters.length)]!).join('');
  const texts = Array.from({ length: 2000 }, text);

  for (const pieceBytes of [36, 37, 64, 5000, undefined]) {
    it(`gives back what was pushed, in pieces of ${pieceBytes ?? 'the usual'} bytes`, () => {
      const strings = new CompactStrings(pieceBytes);
      for (const [i, text] of texts.entries()) {
        const bytes = Buffer.from(`..${text}.`);
        if (i % 2 === 0) strings.push(text);
        else strings.pushBytes(bytes, 2, bytes.length - 1);
      }
      assert.equal(strings.length, texts.length);
      assert.deepEqual(
        Array.from(texts, (_, i) => strings.at(i)),
        texts,
      );
      for (const [i, text] of texts.entries()) {
        const bytes = Buffer.from(text);
        assert.equal(strings.hashAt(i), hashOf(bytes, 0, bytes.length));
        assert.ok(strings.equals(i, bytes, 0, bytes.length));
        const other = Math.floor(random() * texts.length);
        assert.equal(strings.same(i, other), text === texts[other], `strings ${i} and ${other}`);
      }
      assert.throws(() => strings.at(texts.length), RangeError);
    });
  }

  it('fills pieces to the last byte, and takes no string that is longer than one', () => {
    const strings = new CompactStrings(8);
    const bytes = Buffer.from('12345678');
    for (const end of [8, 0, 0, 5, 3, 0, 1]) strings.pushBytes(bytes, 0, end);
    const found = Array.from({ length: strings.length }, (_, i) => strings.at(i));
    assert.deepEqual(found, ['12345678', '', '', '12345', '123', '', '1']);
    assert.throws(() => strings.pushBytes(Buffer.alloc(9), 0, 9), RangeError);
  });
});
