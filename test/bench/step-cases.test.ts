import assert from 'node:assert/strict';
import {
  architectureArgument,
  BATCH,
  DEFAULT_CASES,
  parseArchitecture,
  parseCases,
  resolutionsArgument,
  STEP_ARCHITECTURES,
  stepSpec,
} from '../../bench/step-cases.ts';
import { parameterCounts } from '../../model/cost.ts';
import { STEP, trainingStep } from '../../program/training-step.ts';
import { UsageError } from '../../services/cli/errors.ts';

describe('cases of the step benchmark', () => {
  it('are read from a list', () => {
    const names = parseCases(' 8gf  bf16, 400mf fp32').map(({ name, dtype }) => [name, dtype]);
    assert.deepEqual(names, [
      ['8gf bf16', 'bf16'],
      ['400mf fp32', 'fp32'],
    ]);
    assert.equal(parseCases(DEFAULT_CASES).length, 4);
  });

  for (const wrong of ['', '400mf', '400mf fp64', '500mf bf16', '400mf bf16 fast', '400mf bf16,', 'toString bf16']) {
    it(`refuse "${wrong}" and say what there is`, () => {
      assert.throws(
        () => parseCases(wrong),
        (error) => error instanceof UsageError && error.message.includes('known: 400mf bf16, 400mf fp32, 8gf bf16'),
      );
    });
  }

  it('give both sides the same architecture', () => {
    for (const architecture of Object.values(STEP_ARCHITECTURES)) {
      assert.deepEqual(parseArchitecture(architectureArgument(architecture)), architecture);
    }
    assert.throws(() => parseArchitecture('16,48,27.89'), UsageError);
    assert.throws(() => parseArchitecture('16,48,27.89,2.09,8,512,wide,256'), UsageError);
  });

  it('describe the trunk, head and prototypes of the architecture', () => {
    const { trunk, head } = stepSpec(STEP_ARCHITECTURES['8gf']!, 'f32');
    const { prototypes } = head;
    assert.deepEqual(head, { widths: [4096, 4096, 256], prototypes: 3000 });
    // The trunk's count is the published one (timm).
    assert.equal(parameterCounts(trunk, head, prototypes).trunk, 37_163_068);
  });

  it('take normalised crops of both sizes', () => {
    const { values } = trainingStep(stepSpec(STEP_ARCHITECTURES['400mf']!, 'bf16'));
    const images = values.find(({ name }) => name === STEP.images)!;
    assert.deepEqual([images.role, images.dtype], ['input', 'f32']);
    assert.deepEqual(images.shape, [BATCH * (2 * 160 * 160 + 4 * 96 * 96), 3]);
    assert.equal(resolutionsArgument(), '160x2,96x4');
  });
});
