/** Memory over time against the memory plan, which counts in another way. */
import assert from 'node:assert/strict';
import { planMemory } from '../../../program/memory-plan.ts';
import { shard } from '../../../program/shard.ts';
import { memoryTimeline, peakOf, sumOf } from '../../../program/simulator/memory-timeline.ts';
import { withRecompute } from '../../../program/training-step.ts';
import { smallStep } from '../small-step.ts';

describe('memory over time', () => {
  const step = withRecompute(smallStep(), {});

  it('has its peak where the plan has it, and as much', () => {
    const timeline = memoryTimeline(step);
    const { peak, persistentBytes } = planMemory(step);
    const most = peakOf(timeline);
    assert.equal(most, peak.operation);
    const { kept, ...alive } = timeline[most]!;
    assert.equal(sumOf({ ...alive, kept: 0 }), peak.liveBytes);
    // The plan aligns what is kept.
    assert.ok(kept <= persistentBytes && kept > 0.8 * persistentBytes);
  });

  it('knows activations, gradients and workspaces from each other', () => {
    const workspaces = step.operations.map((_, index) => 1000 * index);
    const timeline = memoryTimeline(step, workspaces);
    assert.deepEqual(
      timeline.map((use) => use.workspaces),
      workspaces,
    );
    assert.ok(timeline.every((use) => Object.values(use).every((bytes) => bytes >= 0)));
    const firstBackward = step.operations.findIndex(({ phase }) => phase === 'backward');
    const update = step.operations.findIndex(({ phase }) => phase === 'update');
    assert.equal(timeline[firstBackward - 1]!.gradients, 0);
    assert.ok(timeline[firstBackward]!.activations > 0);
    assert.ok(timeline[update]!.gradients > 0);
    // The step has given back its maps before it updates.
    assert.ok(timeline[update]!.activations < timeline[firstBackward]!.activations / 5);
    assert.ok(timeline.every((use) => use.gathered === 0));
  });

  it('shows what ranks gather', () => {
    const { program, inspectStart } = shard(step, { rank: 0, worldSize: 4, precision: 'bf16' });
    const timeline = memoryTimeline(program).slice(0, inspectStart);
    assert.ok(Math.max(...timeline.map((use) => use.gathered)) > 0);
    const alone = memoryTimeline(step)[0]!.kept;
    assert.ok(timeline[0]!.kept < 0.6 * alone);
  });
});
