import assert from 'node:assert/strict';
import { Findings } from '../../../training/audit/findings.ts';
import { ImageCoverage } from '../../../training/audit/image-coverage.ts';

describe('image coverage', () => {
  it('counts turns, repetitions and omissions per epoch, and joins epochs of the same numbers', () => {
    const findings = new Findings();
    const coverage = new ImageCoverage(3, findings);
    for (const epoch of [0, 1]) for (const index of [2, 0, 1]) coverage.mark(epoch, index, 'trained');
    coverage.mark(2, 0, 'trained');
    coverage.mark(2, 0, 'trained');
    coverage.mark(2, 1, 'skipped');
    coverage.mark(3, 2, 'notApplied');
    // Epochs do not go back.
    coverage.mark(2, 2, 'trained');
    const epochs = coverage.finish(10);
    const none = { trained: 0, notApplied: 0, skipped: 0, unknown: 0, repeated: 0, missing: 0, ahead: 0 };
    assert.deepEqual(epochs, [
      { ...none, first: 0, last: 1, trained: 3 },
      { ...none, first: 2, last: 2, trained: 1, skipped: 1, repeated: 1, missing: 1 },
      { ...none, first: 3, last: 3, notApplied: 1, ahead: 2 },
    ]);
    assert.deepEqual(
      findings.first.map(({ code, message }) => [code, message.slice(0, 7)]),
      [
        ['IMAGE_MISSING', 'epoch 2'],
        ['IMAGE_REPEATED', 'epoch 2'],
      ],
    );
  });

  it('tells images apart beyond what one piece of its memory holds', () => {
    const findings = new Findings();
    const numImages = 2 ** 27 + 9;
    const coverage = new ImageCoverage(numImages, findings);
    const images = [0, 7, 8, 2 ** 27 - 1, 2 ** 27, 2 ** 27 + 8];
    for (const index of images) coverage.mark(0, index, 'trained');
    coverage.mark(0, 2 ** 27, 'trained');
    const [epoch] = coverage.finish(images.length);
    assert.deepEqual([epoch!.trained, epoch!.repeated, epoch!.ahead], [6, 1, numImages - 6]);
  });

  it('lists some findings and counts all', () => {
    const findings = new Findings();
    for (let step = 0; step < 250; step++) findings.add('WRONG_DIGEST', step, `${step}`);
    assert.deepEqual([findings.count, findings.first.length], [250, 100]);
  });
});
