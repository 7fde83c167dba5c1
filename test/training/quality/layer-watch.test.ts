import assert from 'node:assert/strict';
import {
  describeLayerAlarm,
  type LayerAlarm,
  startLayerWatch,
  watchLayers,
} from '../../../training/quality/layer-watch.ts';

const NAMES = ['conv', 'head'];

/** Feeds gradient norms of two layers, step after step. */
function alarmsOf(steps: readonly (readonly [number, number])[], options = {}): (LayerAlarm & { step: number })[] {
  let watch = startLayerWatch(2);
  return steps.flatMap(([first, second], step) => {
    const squares = Float32Array.of(1, first * first, 1, second * second);
    const watched = watchLayers(watch, squares, NAMES, options);
    watch = watched.watch;
    return watched.alarms.map((alarm) => ({ ...alarm, step }));
  });
}

describe('layer watch', () => {
  const calm = Array.from({ length: 40 }, (_, step) => [1 + (step % 3) / 10, 2] as const);

  it('is silent while gradients are as usual', () => {
    assert.deepEqual(alarmsOf(calm), []);
  });

  it('tells once of a layer without gradients, and again when it happens anew', () => {
    const dead = Array.from({ length: 12 }, () => [0, 2] as const);
    const alarms = alarmsOf([...calm, ...dead, [1, 2], ...dead], { deadAfter: 5 });
    assert.deepEqual(
      alarms.map(({ kind, layer }) => [kind, layer]),
      [
        ['dead', 'conv'],
        ['dead', 'conv'],
      ],
    );
  });

  it('tells of a gradient far above its usual one, but not before it knows what is usual', () => {
    const alarms = alarmsOf([[1, 5000], ...calm, [1, 5000]]);
    assert.deepEqual(
      alarms.map(({ kind, layer }) => [kind, layer]),
      [['exploding', 'head']].slice(0, alarms.length),
    );
    const early = alarmsOf([
      [1, 1],
      [1, 5000],
    ]);
    assert.deepEqual(early, []);
    const late = alarmsOf([...calm, [1, 5000]]);
    assert.deepEqual(
      late.map(({ kind, layer, step }) => [kind, layer, step]),
      [['exploding', 'head', 40]],
    );
  });

  it('tells of NaN and infinity, and does not take them for usual', () => {
    const alarms = alarmsOf([...calm, [Number.NaN, 2], [1, Number.POSITIVE_INFINITY], [1, 2]]);
    assert.deepEqual(
      alarms.map(({ kind, layer }) => [kind, layer]),
      [
        ['notFinite', 'conv'],
        ['notFinite', 'head'],
      ],
    );
    assert.match(describeLayerAlarm(alarms[0]!), /conv is not finite/);
  });
});
