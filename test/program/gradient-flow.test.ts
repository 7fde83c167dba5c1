/** Which gradients differentiation computes, and which it leaves out. */
import assert from 'node:assert/strict';
import { regnetTrunk } from '../../model/regnet.ts';
import { trunk } from '../../model/trunk.ts';
import { differentiate } from '../../program/differentiate.ts';
import { fuse } from '../../program/fuse.ts';
import { creates, type OperationKind, reads } from '../../program/operations.ts';
import { type Program, valueNamed } from '../../program/program.ts';
import { smallStep } from './small-step.ts';
import { builderOf } from './tiny-program.ts';

function backward(program: Program, kind?: OperationKind) {
  return program.operations.filter((other) => other.phase === 'backward' && (!kind || other.kind === kind));
}

describe('differentiate: what is computed', () => {
  const program = smallStep();

  it('every parameter gets a gradient of its shape, in f32', () => {
    const sgd = program.operations.find((operation) => operation.kind === 'sgd')!;
    const parameters = program.values.filter(({ role }) => role === 'parameter');
    assert.deepEqual(
      sgd.updates.parameters,
      parameters.map(({ id }) => id),
    );
    for (const [index, parameter] of parameters.entries()) {
      const gradient = program.values[sgd.inputs.gradients[index]!]!;
      assert.deepEqual([gradient.shape, gradient.dtype], [parameter.shape, 'f32'], parameter.name);
      assert.equal(gradient.name, `d(${parameter.name})`);
    }
  });

  it('codes and the queue carry no gradient', () => {
    const sinkhorn = program.operations.find(({ kind }) => kind === 'sinkhorn')!;
    const names = ['codes', 'queue', 'queue scores'];
    assert.ok(creates(sinkhorn).includes(valueNamed(program, 'codes').id));
    for (const name of names) assert.ok(!program.values.some((value) => value.name === `d(${name})`), name);
    assert.ok(backward(program).every(({ kind }) => !kind.startsWith('sinkhorn')));
  });

  it('no gradient of the images is computed', () => {
    const stem = backward(program).filter(({ unit }) => unit === 'stem');
    assert.ok(stem.some(({ kind }) => kind === 'convolutionBackwardWeights'));
    assert.ok(stem.every(({ kind }) => kind !== 'convolutionBackwardData'));
    assert.ok(!program.values.some(({ name }) => name === 'd(images)'));
  });

  it('gradients of maps have the type of the maps', () => {
    const mixed = smallStep({ precision: 'bf16' });
    const maps = mixed.values.filter(({ grids, role }) => grids && role === 'intermediate');
    assert.ok(maps.every(({ dtype }) => dtype === 'bf16'));
    const rows = mixed.values.filter(({ grids, role }) => !grids && role === 'intermediate');
    assert.ok(rows.every(({ dtype }) => dtype === 'f32'));
  });

  it('the backward pass of a unit is over before that of the unit below it starts', () => {
    const units = backward(program).map(({ unit }) => unit);
    const order = units.filter((unit, index) => unit !== units[index - 1]);
    assert.equal(new Set(order).size, order.length, order.join(' '));
  });

  it('where a pointwise convolution shares its input, its gradient adds to what is there', () => {
    const shared = backward(program, 'convolutionBackwardData').filter(
      (operation) => 'accumulate' in operation.inputs && operation.inputs.accumulate !== undefined,
    );
    const blocks = new Set(program.operations.map(({ unit }) => unit).filter((unit) => /^s\d/.test(unit)));
    assert.equal(shared.length, blocks.size, 'one for each block: beside the shortcut');
    assert.equal(backward(program, 'add').length, 0);
  });

  it('unused parameters have no gradient, and nothing is computed for them', () => {
    const net = builderOf('unused');
    const x = net.value({ name: 'x', role: 'input', shape: [3, 4] });
    const used = net.linear(x, 'used', 2, { bias: false, init: 'normal' });
    net.linear(x, 'unused', 2, { bias: false, init: 'normal' });
    const seed = net.value({ name: 'seed', role: 'input', shape: [3, 2] });
    const { program, gradients } = differentiate(net.program(), { seeds: [{ value: used, gradient: seed }] });
    assert.deepEqual([...gradients.keys()], [valueNamed(program, 'used.weight').id]);
    assert.equal(backward(program).length, 1);
  });

  it('the forward operations stay as they are, in front', () => {
    const net = builderOf('front');
    const spec = regnetTrunk({ stages: [{ depth: 1, width: 8, groupWidth: 4 }], stemWidth: 8 });
    const { pooled } = trunk(net, spec, net.normalizedImages([{ images: 2, height: 16, width: 16 }]));
    const seed = net.value({ name: 'seed', role: 'input', shape: [2, 8] });
    const forward = fuse(net.program());
    const { program } = differentiate(forward, { seeds: [{ value: pooled, gradient: seed }] });
    assert.deepEqual(program.operations.slice(0, forward.operations.length), forward.operations);
    assert.ok(program.operations.slice(forward.operations.length).every(({ phase }) => phase === 'backward'));
    const stateReads = program.operations.filter(({ phase }) => phase === 'backward').flatMap(reads);
    assert.ok(stateReads.every((id) => program.values[id]!.role !== 'state'));
  });

  it('a program that normalises by running statistics is refused', () => {
    const net = builderOf('inference', { mode: 'inference' });
    const x = net.value({ name: 'x', role: 'input', shape: [3, 4] });
    const y = net.batchNorm(x, 'bn');
    const seed = net.value({ name: 'seed', role: 'input', shape: [3, 4] });
    assert.throws(() => differentiate(net.program(), { seeds: [{ value: y, gradient: seed }] }), {
      name: 'ProgramError',
      code: 'NOT_DIFFERENTIABLE',
      message: /bn.*running statistics/,
    });
  });

  it('so is a pooled map whose normalisation was fused away from its gate', () => {
    const net = builderOf('squeeze');
    const grids = [{ images: 1, height: 2, width: 2 }];
    const x = net.value({ name: 'x', role: 'input', shape: [4, 4], grids });
    const y = net.batchNorm(x, 'bn');
    const pooled = net.globalPool(y);
    net.gate(y, pooled);
    const seed = net.value({ name: 'seed', role: 'input', shape: [1, 4] });
    assert.throws(() => differentiate(fuse(net.program()), { seeds: [{ value: pooled, gradient: seed }] }), {
      code: 'NOT_DIFFERENTIABLE',
      message: /squeeze/,
    });
  });
});
