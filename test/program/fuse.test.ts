/** What fusion makes of a forward program, and that losses and gradients stay the same. */
import assert from 'node:assert/strict';
import { regnetTrunk } from '../../model/regnet.ts';
import { projectionHead, prototypeScores } from '../../model/swav.ts';
import { trunk } from '../../model/trunk.ts';
import type { ProgramBuilder } from '../../program/builder.ts';
import { differentiate } from '../../program/differentiate.ts';
import { fuse } from '../../program/fuse.ts';
import type { OperationKind } from '../../program/operations.ts';
import type { Program } from '../../program/program.ts';
import type { ValueId } from '../../program/values.ts';
import { seed, uniform } from './random.ts';
import { builderOf, execute, randomContents, withOutputs } from './tiny-program.ts';

const GRIDS = [
  { images: 4, height: 34, width: 31 },
  { images: 4, height: 21, width: 23 },
];

function kinds(program: Program): OperationKind[] {
  return program.operations.map(({ kind }) => kind);
}

function count(program: Program, kind: OperationKind): number {
  return kinds(program).filter((other) => other === kind).length;
}

function norm(values: Float32Array): number {
  return Math.sqrt(values.reduce((sum, x) => sum + x * x, 0));
}

/** The kinds after fusing what `build` emits on two feature maps. */
function fused(build: (net: ProgramBuilder, x: ValueId, y: ValueId) => void): OperationKind[] {
  const net = builderOf('fuse');
  const map = (name: string) =>
    net.value({ name, role: 'input', shape: [12, 5], grids: [{ images: 3, height: 2, width: 2 }] });
  build(net, map('x'), map('y'));
  return kinds(fuse(net.program()));
}

describe('fuse: patterns', () => {
  it('batch norm and activation become one operation', () => {
    const net = builderOf('fuse');
    const x = net.value({ name: 'x', role: 'input', shape: [12, 5], grids: [{ images: 3, height: 2, width: 2 }] });
    const y = net.activation(net.batchNorm(x, 'bn'), 'relu');
    const [, norm, ...others] = fuse(net.program()).operations;
    assert.equal(norm?.kind, 'batchNorm');
    assert.equal(norm.attributes.activation, 'relu');
    assert.deepEqual(norm.outputs, { output: y });
    assert.deepEqual(others, []);
  });

  it('a residual joins its batch norm, and ReLU after it', () => {
    const plain = fused((net, x, y) => net.add(net.batchNorm(x, 'bn'), y));
    const relu = fused((net, x, y) => net.activation(net.add(net.batchNorm(x, 'bn'), y), 'relu'));
    assert.deepEqual(plain, ['batchNormMoments', 'batchNorm']);
    assert.deepEqual(relu, ['batchNormMoments', 'batchNorm']);
  });

  it('SiLU after a residual stays: its derivative cannot be read off the output', () => {
    const silu = fused((net, x, y) => net.activation(net.add(net.batchNorm(x, 'bn'), y), 'silu'));
    assert.deepEqual(silu, ['batchNormMoments', 'batchNorm', 'activation']);
  });

  it('pooled and gated maps are never stored', () => {
    const result = fused((net, x) => {
      const y = net.activation(net.batchNorm(x, 'bn'), 'relu');
      net.gate(y, net.activation(net.globalPool(y), 'sigmoid'));
    });
    assert.deepEqual(result, ['batchNormMoments', 'squeeze', 'activation', 'excite']);
  });

  it('a normalised map with another reader stays', () => {
    const twice = fused((net, x, y) => {
      const z = net.batchNorm(x, 'bn');
      net.add(net.activation(z, 'relu'), net.add(y, z));
    });
    assert.deepEqual(twice, ['batchNormMoments', 'batchNorm', 'activation', 'add', 'add']);
    const thrice = fused((net, x) => {
      const z = net.batchNorm(x, 'bn');
      net.add(net.gate(z, net.globalPool(z)), z);
    });
    assert.deepEqual(thrice, ['batchNormMoments', 'batchNorm', 'globalPool', 'gate', 'add']);
  });
});

describe(`fuse: networks (seed ${seed})`, () => {
  /** Trunk, head, loss against codes from outside, and all gradients. */
  function network(kind: 'regnety' | 'regnetz') {
    const net = builderOf(kind);
    const stages = [
      { depth: 2, width: 16, groupWidth: 8 },
      { depth: 2, width: 28, groupWidth: 4 },
    ];
    const head = { widths: [20, 10], prototypes: 9 };
    const { pooled } = trunk(net, regnetTrunk({ kind, stemWidth: 12, stages }), net.normalizedImages(GRIDS));
    const scores = prototypeScores(net, head, projectionHead(net, head, pooled));
    const codes = net.value({ name: 'codes', role: 'input', shape: [4, 9] });
    const loss = net.value({ name: 'loss', role: 'output', shape: [1] });
    const attributes = { assignedCrops: 1, crops: 2, temperature: 0.5 };
    net.emit('swavLoss', { inputs: { scores, codes }, outputs: { loss }, attributes });
    return net.program();
  }

  it('RegNetY: nothing elementwise is left on feature maps', () => {
    const program = fuse(network('regnety'));
    assert.equal(count(program, 'add') + count(program, 'globalPool') + count(program, 'gate'), 1, 'the last pooling');
    const onMaps = program.operations.filter(
      ({ kind, inputs }) => kind === 'activation' && program.values[(inputs as { input: ValueId }).input]!.grids,
    );
    assert.deepEqual(onMaps, []);
    assert.equal(count(program, 'squeeze'), 4);
    assert.equal(count(program, 'excite'), 4);
    assert.deepEqual(fuse(program), program, 'fusing again changes nothing');
  });

  for (const kind of ['regnety', 'regnetz'] as const) {
    it(`${kind}: the same loss and gradients`, async () => {
      const forward = network(kind);
      const contents = randomContents(forward, uniform(seed));
      contents['codes'] = contents['codes']!.map(Math.abs);
      const results = [];
      for (const pass of [(program: Program) => program, fuse]) {
        const { program, gradients } = differentiate(pass(forward));
        const executor = await execute(withOutputs(program, gradients.values()), contents);
        const read = (id: ValueId) => executor.read(program.values[id]!.name);
        const byParameter = new Map([...gradients].map(([id, gradient]) => [program.values[id]!.name, read(gradient)]));
        results.push({ loss: executor.read('loss')[0]!, gradients: byParameter });
      }
      const [unfused, fused] = results as [(typeof results)[0], (typeof results)[0]];
      assert.ok(Math.abs(fused.loss - unfused.loss) <= 1e-5 * unfused.loss, `${fused.loss} and ${unfused.loss}`);
      assert.deepEqual(new Set(fused.gradients.keys()), new Set(unfused.gradients.keys()));
      for (const [name, expected] of unfused.gradients) {
        // A shift before a normalisation has no gradient but rounding: it is measured together with its scale's.
        const scale = unfused.gradients.get(name.replace(/bias$/, 'weight'))!;
        const distance = norm(fused.gradients.get(name)!.map((x, i) => x - expected[i]!));
        const bound = 1e-3 * (norm(expected) + norm(scale));
        assert.ok(distance <= bound, `gradient of ${name}: ${distance} apart, bound ${bound}`);
      }
    });
  }
});
