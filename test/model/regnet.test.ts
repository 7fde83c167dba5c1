import assert from 'node:assert/strict';
import { trunkCost } from '../../model/cost.ts';
import { ModelError } from '../../model/errors.ts';
import { type RegNetParameters, regnetTrunk, roundHalfEven } from '../../model/regnet.ts';

const small: RegNetParameters = { w0: 24, wa: 16.3, wm: 1.75, depth: 6, groupWidth: 12 };

describe('regnetTrunk', () => {
  it('names, strides and shortcuts of RegNetY blocks', () => {
    const { blocks } = regnetTrunk(small);
    assert.deepEqual(
      blocks.map(({ name, stride, projection, residual }) => ({ name, stride, projection, residual })),
      [
        { name: 's1.b1', stride: 2, projection: true, residual: true },
        { name: 's2.b1', stride: 2, projection: true, residual: true },
        { name: 's3.b1', stride: 2, projection: true, residual: true },
        { name: 's3.b2', stride: 1, projection: false, residual: true },
        { name: 's3.b3', stride: 1, projection: false, residual: true },
        { name: 's4.b1', stride: 2, projection: true, residual: true },
      ],
    );
    assert.ok(blocks.every((block) => block.bottleneckWidth === block.width && !block.linearOutput));
  });

  it('RegNetZ has inverted bottlenecks, SiLU, a linear output and no projection', () => {
    const trunk = regnetTrunk({ kind: 'regnetz', w0: 48, wa: 14.5, wm: 2.226, depth: 28, groupWidth: 8 });
    assert.equal(trunk.activation, 'silu');
    for (const block of trunk.blocks) {
      assert.equal(block.bottleneckWidth, 4 * block.width);
      assert.equal(block.activation, 'silu');
      assert.equal(block.linearOutput, true);
      assert.equal(block.projection, false);
      assert.equal(block.residual, block.stride === 1, block.name);
    }
  });

  it('takes explicit stages and agrees with the rule that gives the same ones', () => {
    const ruled = regnetTrunk(small);
    assert.deepEqual(regnetTrunk({ stages: ruled.stages }), ruled);
  });

  const impossible: [string, RegNetParameters, RegExp][] = [
    ['w0 off the grid', { ...small, w0: 20 }, /w0 must be a multiple of 8, not 20/],
    ['a falling width', { ...small, wa: -1 }, /wa must be 0 or more/],
    ['no step between stages', { ...small, wm: 1 }, /wm must be more than 1/],
    ['no block', { ...small, depth: 0 }, /depth must be a whole number/],
    ['a broken group', { ...small, groupWidth: 2.5 }, /group width must be a whole number/],
    ['not a number', { ...small, wa: Number.NaN }, /wa must be 0 or more/],
  ];
  for (const [what, parameters, message] of impossible) {
    it(`refuses ${what}`, () => {
      assert.throws(
        () => regnetTrunk(parameters),
        (thrown: unknown) => {
          assert.ok(thrown instanceof ModelError);
          assert.equal(thrown.code, 'INVALID_ARCHITECTURE');
          assert.match(thrown.message, message);
          return true;
        },
      );
    });
  }

  it('refuses stages whose width is not made of whole groups', () => {
    const stages = [{ depth: 1, width: 48, groupWidth: 20 }];
    assert.throws(() => regnetTrunk({ stages }), /no whole number of groups of 20/);
    assert.throws(() => regnetTrunk({ stages: [] }), /at least one stage/);
  });
});

describe('roundHalfEven', () => {
  it('rounds halves to even and everything else to the nearest', () => {
    assert.deepEqual(
      [0.5, 1.5, 2.5, 4.5, 7.5, 13.5, 2.4, 2.6, 1025.75].map(roundHalfEven),
      [0, 2, 2, 4, 8, 14, 2, 3, 1026],
    );
  });
});

describe('trunkCost', () => {
  it('counts a one-block trunk as by hand', () => {
    // 8x8 image: stem 4x4x32, block 2x2x8 with one group of 8, squeeze-and-excitation of 8.
    const trunk = regnetTrunk({ stages: [{ depth: 1, width: 8, groupWidth: 8 }] });
    const { parts, activationBytes, multiplyAdds } = trunkCost(trunk, 8, 'bf16');
    const stem = 16 * 32 * 27;
    const block = 16 * 32 * 8 + 4 * 8 * 8 * 9 + 8 * 8 * 2 + 4 * 8 * 8 + 4 * 32 * 8;
    assert.deepEqual(
      parts.map((part) => part.multiplyAdds),
      [stem, block],
    );
    assert.deepEqual(
      parts.map((part) => part.outputSide),
      [4, 2],
    );
    assert.equal(multiplyAdds, stem + block);
    assert.equal(activationBytes, 2 * (16 * 32 + 16 * 8 + 4 * 8 + 8 + 8 + 4 * 8 + 4 * 8));
    assert.equal(trunkCost(trunk, 8, 'fp32').activationBytes, 2 * activationBytes);
  });
});
