import assert from 'node:assert/strict';
import { headParameters, type ParameterList, prototypeParameters, trunkParameters } from '../../model/parameters.ts';
import { regnetTrunk } from '../../model/regnet.ts';
import type { HeadSpec } from '../../model/swav.ts';
import { loadFixture } from '../golden/fixture.ts';

interface RegNetConfig {
  depth: number;
  w0: number;
  wa: number;
  wm: number;
  group_width: number;
}

const trunkOf = ({ group_width: groupWidth, ...rule }: RegNetConfig) =>
  regnetTrunk({ w0: rule.w0, wa: rule.wa, wm: rule.wm, depth: rule.depth, groupWidth });

/** `name: shape` of everything, sorted. */
function listing(list: ParameterList, prefix = ''): string[] {
  return [...list.parameters, ...list.buffers].map(({ name, shape }) => `${prefix}${name}: ${shape}`).sort();
}

describe('trunkParameters', () => {
  it('has the names and shapes of the reference trunk, no more and no less', () => {
    const fixture = loadFixture<RegNetConfig, unknown>('regnety_small');
    const expected = fixture
      .names('weight.')
      .map((name) => `${name.slice('weight.'.length)}: ${fixture.tensor(name).shape}`);
    assert.deepEqual(listing(trunkParameters(trunkOf(fixture.config))), expected.sort());
  });

  it("keeps timm's order: a block's downsample comes last", () => {
    const names = trunkParameters(regnetTrunk({ stages: [{ depth: 1, width: 8, groupWidth: 8 }] })).parameters.map(
      (p) => p.name,
    );
    assert.deepEqual(names, [
      'stem.conv.weight',
      'stem.bn.weight',
      'stem.bn.bias',
      's1.b1.conv1.conv.weight',
      's1.b1.conv1.bn.weight',
      's1.b1.conv1.bn.bias',
      's1.b1.conv2.conv.weight',
      's1.b1.conv2.bn.weight',
      's1.b1.conv2.bn.bias',
      's1.b1.se.fc1.weight',
      's1.b1.se.fc1.bias',
      's1.b1.se.fc2.weight',
      's1.b1.se.fc2.bias',
      's1.b1.conv3.conv.weight',
      's1.b1.conv3.bn.weight',
      's1.b1.conv3.bn.bias',
      's1.b1.downsample.conv.weight',
      's1.b1.downsample.bn.weight',
      's1.b1.downsample.bn.bias',
    ]);
  });
});

describe('headParameters', () => {
  it('with the trunk and the prototypes has the names and shapes of the reference step', () => {
    const fixture = loadFixture<{ regnet: RegNetConfig; head: number[]; prototypes: number }, unknown>('train_steps');
    const { regnet, head, prototypes } = fixture.config;
    const [trunkWidth, ...widths] = head;
    const actual = [
      ...listing(trunkParameters(trunkOf(regnet)), 'trunk.'),
      ...listing(headParameters(trunkWidth!, { widths, prototypes })),
      ...listing(prototypeParameters(trunkWidth!, { widths, prototypes })),
    ];
    const expected = fixture
      .names('init.')
      .map((name) => `${name.slice('init.'.length)}: ${fixture.tensor(name).shape}`);
    assert.deepEqual(actual.sort(), expected.sort());
  });

  it('places BN after hidden layers, and one without affine after the output', () => {
    const names = (batchNorm: HeadSpec['batchNorm']) => {
      const { parameters, buffers } = headParameters(8, { widths: [6, 4], prototypes: 5, batchNorm });
      return [...parameters, ...buffers].map(({ name }) => name).filter((name) => name.includes('bn'));
    };
    assert.deepEqual(names('none'), []);
    const hidden = ['weight', 'bias', 'running_mean', 'running_var'].map((name) => `head.0.bn.${name}`);
    assert.deepEqual(names('hidden'), hidden);
    const both = [...hidden, 'head.1.bn.running_mean', 'head.1.bn.running_var'];
    assert.deepEqual(names('hidden-and-output'), both);
  });
});
