import assert from 'node:assert/strict';
import { CheckpointError, type CheckpointErrorCode } from '../../checkpoints/errors.ts';

/** That an action fails with this code, and says this. */
export async function assertRefused(action: Promise<unknown>, code: CheckpointErrorCode, message: RegExp): Promise<void> {
  await assert.rejects(action, (thrown: unknown) => {
    assert.ok(thrown instanceof CheckpointError, String(thrown));
    assert.equal(thrown.code, code, thrown.message);
    assert.match(thrown.message, message);
    return true;
  });
}
