import assert from 'node:assert/strict';
import { regnetTrunk } from '../../model/regnet.ts';
import { projectionHead, prototypeScores } from '../../model/swav.ts';
import { trunk } from '../../model/trunk.ts';
import { valueNamed } from '../../program/program.ts';
import { builderOf } from './tiny-program.ts';

describe('ProgramBuilder: first values', () => {
  const builder = builderOf('first values');
  const spec = regnetTrunk({ stages: [{ depth: 1, width: 32, groupWidth: 8 }] });
  const head = { widths: [16], prototypes: 10 };
  const { pooled } = trunk(builder, spec, builder.normalizedImages([{ images: 2, height: 32, width: 32 }]));
  prototypeScores(builder, head, projectionHead(builder, head, pooled));
  const init = (name: string) => valueNamed(builder.program(), name).init;

  it('convolutions: as if they had one group', () => {
    const deviation = Math.sqrt(2 / (9 * 32));
    assert.deepEqual(init('trunk.s1.b1.conv2.conv.weight'), { kind: 'normal', deviation });
  });

  it('normalisations: the last of a block starts like every other', () => {
    for (const bn of ['trunk.stem.bn', 'trunk.s1.b1.conv3.bn']) {
      assert.deepEqual(init(`${bn}.weight`), { kind: 'constant', value: 1 });
      assert.deepEqual(init(`${bn}.bias`), { kind: 'constant', value: 0 });
    }
  });

  it('squeeze and excitation, head and prototypes: as the reference leaves them', () => {
    assert.deepEqual(init('trunk.s1.b1.se.fc1.weight'), {
      kind: 'normal',
      deviation: Math.sqrt(2 / spec.blocks[0]!.seWidth),
    });
    assert.deepEqual(init('trunk.s1.b1.se.fc1.bias'), { kind: 'uniform', bound: 1 / Math.sqrt(32) });
    assert.deepEqual(init('head.0.weight'), { kind: 'normal', deviation: 0.01 });
    assert.deepEqual(init('head.0.bias'), { kind: 'constant', value: 0 });
    assert.deepEqual(init('prototypes.weight'), { kind: 'uniform', bound: 1 / 4 });
  });
});
