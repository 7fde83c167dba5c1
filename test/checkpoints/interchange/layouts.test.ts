/** Names in timm, torchvision, ClassyVision and VISSL, and architectures from shapes: for every named RegNet, by shapes alone. */
import assert from 'node:assert/strict';
import { LAYOUTS, type Layout, nameFrom, nameIn } from '../../../checkpoints/interchange/layouts.ts';
import { recogniseTrunk } from '../../../checkpoints/interchange/recognise-trunk.ts';
import { parseVisslName, withoutWrappers } from '../../../checkpoints/interchange/vissl-names.ts';
import { architectures, trunkOf } from '../../../model/families.ts';
import { trunkParameters } from '../../../model/parameters.ts';

function listing(name: string) {
  const { parameters, buffers } = trunkParameters(trunkOf(name));
  return [...parameters, ...buffers];
}

describe('names of other libraries', () => {
  // As torchvision 0.29's regnet_y_400mf, and ClassyVision 0.7.0's and VISSL 0.1.6's sources have them.
  const known: readonly (readonly [timm: string, names: Readonly<Partial<Record<Layout, string>>>])[] = [
    [
      'stem.conv.weight',
      { torchvision: 'stem.0.weight', classy: 'stem.stem.0.weight', vissl: '_feature_blocks.conv1.stem.0.weight' },
    ],
    ['stem.bn.running_var', { torchvision: 'stem.1.running_var', vissl: '_feature_blocks.conv1.stem.1.running_var' }],
    [
      's1.b1.downsample.conv.weight',
      {
        torchvision: 'trunk_output.block1.block1-0.proj.0.weight',
        classy: 'trunk_output.block1.block1-0.proj.weight',
        vissl: '_feature_blocks.res2.block1-0.proj.weight',
      },
    ],
    [
      's2.b1.downsample.bn.bias',
      { torchvision: 'trunk_output.block2.block2-0.proj.1.bias', vissl: '_feature_blocks.res3.block2-0.bn.bias' },
    ],
    [
      's4.b6.conv2.bn.running_mean',
      {
        torchvision: 'trunk_output.block4.block4-5.f.b.1.running_mean',
        vissl: '_feature_blocks.res5.block4-5.f.b.1.running_mean',
      },
    ],
    [
      's3.b12.se.fc2.bias',
      {
        torchvision: 'trunk_output.block3.block3-11.f.se.fc2.bias',
        vissl: '_feature_blocks.res4.block3-11.f.se.excitation.2.bias',
      },
    ],
    [
      's3.b2.conv3.conv.weight',
      { torchvision: 'trunk_output.block3.block3-1.f.c.0.weight', vissl: '_feature_blocks.res4.block3-1.f.c.weight' },
    ],
    [
      's3.b2.conv3.bn.weight',
      {
        torchvision: 'trunk_output.block3.block3-1.f.c.1.weight',
        vissl: '_feature_blocks.res4.block3-1.f.final_bn.weight',
      },
    ],
  ];

  it('are these', () => {
    for (const [timm, names] of known) {
      for (const [layout, name] of Object.entries(names)) assert.equal(nameIn(layout as Layout, timm), name);
    }
  });

  for (const layout of LAYOUTS) {
    it(`${layout}: every tensor of every named trunk has a name of its own, which leads back`, () => {
      for (const { name } of architectures) {
        const ours = listing(name).map((spec) => spec.name);
        const theirs = ours.map((own) => nameIn(layout, own));
        assert.equal(new Set(theirs).size, ours.length, name);
        assert.deepEqual(
          theirs.map((their) => nameFrom(layout, their)),
          ours,
        );
      }
    });
  }

  it('other names have no translation', () => {
    for (const name of [
      'fc.weight',
      'stem.2.weight',
      'trunk_output.block1.block2-0.proj.0.weight',
      'trunk_output.block1.block1-0.f.d.0.weight',
      '',
    ]) {
      assert.equal(nameFrom('torchvision', name), undefined, name);
    }
  });
});

describe('names within VISSL', () => {
  it('wrappers of FSDP, DDP and activation checkpoints are taken off', () => {
    const wrapped =
      'trunk._feature_blocks._fsdp_wrapped_module.res4.block3-part1._fsdp_wrapped_module._fpw_module.block3-3._fpw_module.f.c.weight';
    assert.equal(withoutWrappers(wrapped), 'trunk._feature_blocks.res4.block3-3.f.c.weight');
    assert.equal(
      withoutWrappers('module.trunk._feature_blocks.conv1.stem.0.weight'),
      'trunk._feature_blocks.conv1.stem.0.weight',
    );
  });

  it('trunk, head and prototypes are told apart', () => {
    const trunk = { part: 'trunk', name: '_feature_blocks.conv1.stem.0.weight' };
    for (const prefix of ['', 'trunk.', 'trunk.base_model.', 'classy_state_dict.base_model.model.trunk.']) {
      assert.deepEqual(parseVisslName(`${prefix}_feature_blocks.conv1.stem.0.weight`), trunk, prefix);
    }
    const head = { part: 'head', index: 3, parameter: 'running_mean' };
    for (const prefix of ['heads.0.', '0.', 'heads.0._fpw_module.', 'classy_state_dict.base_model.model.heads.0.']) {
      assert.deepEqual(parseVisslName(`${prefix}projection_head.3.running_mean`), head, prefix);
      assert.deepEqual(parseVisslName(`${prefix}prototypes0.weight`), { part: 'prototypes', index: 0 }, prefix);
    }
    assert.deepEqual(parseVisslName('heads.0.clf.0.weight'), { part: 'other' });
  });
});

describe('an architecture from shapes', () => {
  const shapesOf = (name: string) => new Map(listing(name).map((spec) => [spec.name, spec]));
  const sizes = ['8gf', '16gf', '32gf', '64gf', '128gf', '256gf', '10b'];

  it("is SEER's by its name, at every size", () => {
    for (const size of sizes) {
      const { architecture } = recogniseTrunk(shapesOf(`seer-${size}`), 'seer', 'x');
      assert.equal(architecture, `seer-${size}`);
    }
  });

  it('is every other named one too, or one with the same trunk', () => {
    for (const { name } of architectures) {
      const { architecture, spec } = recogniseTrunk(shapesOf(name), 'regnety', 'x');
      assert.equal(typeof architecture, 'string', name);
      assert.deepEqual(trunkOf(architecture), spec);
      assert.deepEqual(spec, trunkOf(name));
    }
  });

  it('without a name is its stages', () => {
    const parameters = {
      kind: 'regnety' as const,
      stages: [
        { depth: 2, width: 24, groupWidth: 8 },
        { depth: 1, width: 40, groupWidth: 8 },
      ],
    };
    const { parameters: trained, buffers } = trunkParameters(trunkOf(parameters));
    const shapes = new Map([...trained, ...buffers].map((spec) => [spec.name, spec]));
    assert.deepEqual(recogniseTrunk(shapes, 'seer', 'x').architecture, parameters);
  });

  const refusals: [
    what: string,
    change: (shapes: Map<string, { shape: readonly number[] }>) => unknown,
    code: string,
    message: RegExp,
  ][] = [
    [
      'a missing tensor',
      (shapes) => shapes.delete('s3.b2.se.fc1.bias'),
      'FOREIGN_TENSOR_MISSING',
      /x: .*s3\.b2\.se\.fc1\.bias \[/,
    ],
    [
      'a missing block in the middle',
      (shapes) => shapes.delete('s3.b2.conv1.conv.weight'),
      'FOREIGN_TENSOR_UNUSED',
      /s3\.b2/,
    ],
    [
      'another shape',
      (shapes) => shapes.set('s2.b1.conv2.bn.weight', { shape: [7] }),
      'FOREIGN_TENSOR_SHAPE',
      /s2\.b1\.conv2\.bn\.weight.*\[7\]/,
    ],
    [
      'another width of the stem',
      (shapes) => shapes.set('stem.conv.weight', { shape: [16, 3, 3, 3] }),
      'FOREIGN_TENSOR_SHAPE',
      /stem\.conv\.weight.*width 32/,
    ],
    [
      'a tensor too many',
      (shapes) => shapes.set('s1.b1.conv4.conv.weight', { shape: [1] }),
      'FOREIGN_TENSOR_UNUSED',
      /conv4/,
    ],
    ['no blocks', (shapes) => shapes.clear(), 'UNKNOWN_TRUNK', /no block/],
  ];
  for (const [what, change, code, message] of refusals) {
    it(`${what} is refused by name`, () => {
      const shapes = new Map<string, { shape: readonly number[] }>(shapesOf('400mf'));
      change(shapes);
      assert.throws(() => recogniseTrunk(shapes, 'seer', 'x'), { code, message });
    });
  }
});
