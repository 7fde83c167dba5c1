import assert from 'node:assert/strict';
import { parameterCounts, trunkCost } from '../../model/cost.ts';
import { regnetTrunk, type TrunkKind, type TrunkSpec } from '../../model/regnet.ts';
import { assertClose, loadFixture, type Tolerance } from './fixture.ts';

interface Config {
  se_ratio: number;
  stem_width: number;
  quantisation: number;
}

interface Model {
  name: string;
  depth: number;
  w0: number;
  wa: number;
  wm: number;
  group_width: number;
  stage_widths: number[];
  stage_depths: number[];
  stage_group_widths: number[];
  se_width_per_block: number[];
  trunk_parameters: number;
  resolution: number;
  macs: number;
  gflops: number;
}

interface WithHead {
  name: string;
  /** Trunk width, then the head's layers. */
  dims: number[];
  head_parameters: number;
  total: number;
  [prototypes: `prototype_parameters_${string}`]: number;
}

const fixture = loadFixture<Config, { models: Model[]; regnetz: Model[]; with_paper_heads: WithHead[] }>(
  'regnet_family',
);
const { models, regnetz, with_paper_heads: withHeads } = fixture.scalars;

function trunkOf(model: Model, kind: TrunkKind): TrunkSpec {
  return regnetTrunk({
    kind,
    w0: model.w0,
    wa: model.wa,
    wm: model.wm,
    depth: model.depth,
    groupWidth: model.group_width,
    stemWidth: fixture.config.stem_width,
    seRatio: fixture.config.se_ratio,
    quantisation: fixture.config.quantisation,
  });
}

describe('golden: regnet_family', () => {
  for (const [kind, list] of [['regnety', models] as const, ['regnetz', regnetz] as const]) {
    for (const model of list) {
      it(`${kind} ${model.name}: stages, parameters and multiply-adds`, () => {
        const trunk = trunkOf(model, kind);
        assert.deepEqual(
          trunk.stages.map((stage) => stage.width),
          model.stage_widths,
        );
        assert.deepEqual(
          trunk.stages.map((stage) => stage.depth),
          model.stage_depths,
        );
        assert.deepEqual(
          trunk.stages.map((stage) => stage.groupWidth),
          model.stage_group_widths,
        );
        assert.deepEqual(
          trunk.blocks.map((block) => block.seWidth),
          model.se_width_per_block,
        );

        assert.equal(parameterCounts(trunk, { widths: [] }, 1).trunk, model.trunk_parameters);
        const { multiplyAdds } = trunkCost(trunk, model.resolution);
        assert.equal(multiplyAdds, model.macs);
        const tolerance = fixture.tolerances['gflops'] as Tolerance;
        assertClose([multiplyAdds / 1e9], [model.gflops], tolerance, 'gflops');
      });
    }
  }

  for (const withHead of withHeads) {
    it(`${withHead.name}: head and prototypes`, () => {
      const model = models.find((candidate) => candidate.name === withHead.name);
      assert.ok(model, `the fixture has no model ${withHead.name}`);
      const trunk = trunkOf(model, 'regnety');
      assert.equal(trunk.width, withHead.dims[0]);
      const [key] = Object.keys(withHead).filter((name) => name.startsWith('prototype_parameters_'));
      const [prototypes, width] = key!.replace('prototype_parameters_', '').split('x').map(Number) as [number, number];
      assert.equal(width, withHead.dims.at(-1));

      const counts = parameterCounts(trunk, { widths: withHead.dims.slice(1) }, prototypes);
      assert.equal(counts.head, withHead.head_parameters);
      assert.equal(counts.prototypes, withHead[key as `prototype_parameters_${string}`]);
      assert.equal(counts.trunk + counts.head + counts.prototypes, withHead.total);
    });
  }
});
