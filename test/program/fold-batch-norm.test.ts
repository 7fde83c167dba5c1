/** Folded batch normalisation gives what the operations that it replaces give. */
import assert from 'node:assert/strict';
import { regnetTrunk } from '../../model/regnet.ts';
import { trunk } from '../../model/trunk.ts';
import { foldBatchNorm } from '../../program/fold-batch-norm.ts';
import { fuseNorms } from '../../program/fuse.ts';
import { operationCost } from '../../program/operation-cost.ts';
import type { Program } from '../../program/program.ts';
import { onEveryExecutor } from '../kernels/executors.ts';
import { seed, uniform } from './random.ts';
import { allocate, builderOf, execute, randomContents, run, withOutputs } from './tiny-program.ts';

const GRIDS = [
  { images: 3, height: 34, width: 31 },
  { images: 2, height: 21, width: 23 },
];

function encoder(kind: 'regnety' | 'regnetz', precision: 'f32' | 'bf16') {
  const net = builderOf(kind, { mode: 'inference', precision });
  const stages = [
    // Three groups of 8, which fill no tile.
    { depth: 2, width: 24, groupWidth: 8 },
    { depth: 2, width: 28, groupWidth: 4 },
  ];
  const { pooled } = trunk(net, regnetTrunk({ kind, stemWidth: 12, stages }), net.normalizedImages(GRIDS));
  const program = withOutputs(fuseNorms(net.program()), [pooled]);
  return { program, output: program.values[pooled]!.name };
}

function distance(one: Float32Array, other: Float32Array): number {
  const square = (values: Float32Array) => values.reduce((sum, x) => sum + x * x, 0);
  return Math.sqrt(square(one.map((x, i) => x - other[i]!)) / square(other));
}

/** Relative L2 between what is folded and what is not. */
const BOUNDS = [
  ['f32', 1e-5],
  // Both round to bf16 at other places.
  ['bf16', 0.03],
] as const;

function kindsOf(program: Program): string[] {
  return program.operations.map(({ kind }) => kind);
}

onEveryExecutor(`batch normalisation that is folded (seed ${seed})`, () => {
  for (const kind of ['regnety', 'regnetz'] as const) {
    for (const [precision, bound] of BOUNDS) {
      it(`${kind}, ${precision}: the same features, with fewer passes`, async () => {
        const { program, output } = encoder(kind, precision);
        const folded = foldBatchNorm(program);
        assert.ok(kindsOf(program).includes('batchNorm'));
        assert.ok(!kindsOf(folded).some((name) => name === 'batchNorm' || name === 'convolution'));
        const contents = randomContents(program, uniform(seed));
        const expected = (await execute(program, contents)).read(output);
        const found = (await execute(folded, contents)).read(output);
        const apart = distance(found, expected);
        assert.ok(apart <= bound, `relative L2 ${apart}`);
        const work = (of: Program) => of.operations.reduce((sum, op) => sum + operationCost(of, op).multiplyAdds, 0);
        assert.equal(work(folded), work(program));
      });
    }
  }

  for (const [precision, bound] of BOUNDS) {
    it(`${precision}: follows weights and running statistics that are written between runs`, async () => {
      const { program, output } = encoder('regnety', precision);
      const folded = allocate(foldBatchNorm(program));
      const [first, second] = [1, 2].map((draw) => randomContents(program, uniform(seed + draw)));
      await run(folded, first!);
      await run(folded, second!);
      assert.ok(distance(folded.read(output), (await execute(program, second!)).read(output)) <= bound);
      // Images alone change nothing of what is folded.
      const images = program.values.find(({ role }) => role === 'input')!.name;
      folded.write(images, first![images]!);
      await folded.run();
      const expected = await execute(program, { ...second!, [images]: first![images]! });
      assert.ok(distance(folded.read(output), expected.read(output)) <= bound);
    });
  }

  it('leaves a convolution alone that somebody else reads', () => {
    const net = builderOf('two readers', { mode: 'inference' });
    const x = net.value({ name: 'x', role: 'input', shape: [12, 5], grids: [{ images: 3, height: 2, width: 2 }] });
    const y = net.convolution(x, 'conv', { outputChannels: 4, kernel: 1, stride: 1, groups: 1 });
    net.add(net.batchNorm(y, 'bn'), y);
    const program = fuseNorms(net.program());
    assert.deepEqual(foldBatchNorm(program), program);
  });
});
