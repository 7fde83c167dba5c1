import assert from 'node:assert/strict';
import { parameterCounts, trunkCost } from '../../model/cost.ts';
import { ModelError } from '../../model/errors.ts';
import { architectures, findArchitecture, trunkOf } from '../../model/families.ts';

const trunkParameters = (name: string) => parameterCounts(trunkOf(name), { widths: [] }, 1).trunk;

describe('architectures', () => {
  it('has no name or alias twice', () => {
    const names = architectures.flatMap(({ name, aliases }) => [name, ...aliases]);
    assert.equal(new Set(names).size, names.length);
    assert.ok(names.every((name) => name === name.toLowerCase()));
  });

  const released: [string, number][] = [
    ['seer-8gf', 37_163_068],
    ['seer-16gf', 80_565_140],
    ['seer-32gf', 141_333_770],
    ['seer-64gf', 276_457_786],
    ['seer-128gf', 637_419_894],
    ['seer-256gf', 1_272_156_138],
    ['seer-10b', 9_323_934_872],
    ['regnety_004', 3_903_144],
    ['regnetz_040', 26_587_800],
  ];
  for (const [name, parameters] of released) {
    it(`${name} has the parameters of the released model`, () => assert.equal(trunkParameters(name), parameters));
  }

  // Table 14 prints three digits.
  const table14: [string, number][] = [
    ['seer-128gf', 1.28e11],
    ['scaling-1', 1.3e11],
    ['scaling-2', 1.2e11],
    ['scaling-3', 1.43e11],
    ['scaling-4', 1.29e11],
    ['scaling-5', 1.58e11],
  ];
  for (const [name, flops] of table14) {
    it(`${name} costs what Table 14 says`, () => {
      const { resolution } = findArchitecture(name);
      const { multiplyAdds } = trunkCost(trunkOf(name), resolution);
      assert.ok(Math.abs(multiplyAdds - flops) <= 0.005e11, `${multiplyAdds}`);
    });
  }

  it('finds a name whatever its case, and names the nearest of an unknown one', () => {
    assert.equal(findArchitecture('SEER-10B').name, 'seer-10b');
    assert.throws(
      () => findArchitecture('seer-9gf'),
      (thrown: unknown) => {
        assert.ok(thrown instanceof ModelError);
        assert.equal(thrown.code, 'UNKNOWN_ARCHITECTURE');
        assert.match(thrown.message, /no architecture "seer-9gf"; the nearest is "seer-8gf"/);
        return true;
      },
    );
  });
});
