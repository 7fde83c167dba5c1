/** A short form of `npm run fuzz`; the seed of a failure is in its message. */
import assert from 'node:assert/strict';
import { fuzz, KINDS } from './fuzz.ts';

const COUNTS = { images: 2000, messages: 20_000, requests: 2000 };
/** Bytes that memory may grow while most of it is done; pools fill up, leaks go on. */
const ALLOWED_GROWTH = 150 * 2 ** 20;

describe('fuzzing', function () {
  this.timeout(300_000);
  for (const kind of KINDS) {
    it(`survives mutated ${kind}`, async () => {
      const seed = Date.now() % 1_000_000;
      console.log(`      seed ${seed}`);
      const { outcomes, growth } = await fuzz(kind, { count: COUNTS[kind], seed });
      assert.ok(Object.keys(outcomes).length > 1, JSON.stringify(outcomes));
      assert.ok(growth.bytes < ALLOWED_GROWTH, `memory grew by ${growth.bytes} bytes`);
    });
  }
});
