/** The simulator against what must hold of any schedule, and against sums made in another way. */
import assert from 'node:assert/strict';
import { isCommunication, type OperationKind, reads } from '../../../program/operations.ts';
import { shard } from '../../../program/shard.ts';
import { operationTimer, sizeOf } from '../../../program/simulator/operation-time.ts';
import { limitOf, type Ranks, type SimulatedRun, simulate } from '../../../program/simulator/simulate.ts';
import { withRecompute } from '../../../program/training-step.ts';
import { byteLength } from '../../../program/values.ts';
import { smallStep } from '../small-step.ts';
import { roundDevice } from './round-device.ts';

const alone: Ranks = { world: 1, shards: 1, perHost: 1 };
const near = (actual: number, expected: number) =>
  assert.ok(Math.abs(actual - expected) < 1e-9 * Math.max(1, expected), `${actual} instead of ${expected}`);

function sumOfParts({ parts }: SimulatedRun): number {
  return Object.values(parts).reduce((sum, seconds) => sum + seconds, 0);
}

describe('simulator', () => {
  const step = withRecompute(smallStep(), {});
  const rank = (worldSize: number) => shard(step, { rank: 0, worldSize, precision: 'f32' });

  it('of one rank runs one operation after another, and its parts add up', () => {
    const run = simulate(step, roundDevice, alone);
    const timer = operationTimer(roundDevice);
    const each = step.operations.map((operation) => timer(sizeOf(step, operation)));
    near(
      run.seconds,
      each.reduce((sum, seconds) => sum + seconds, 0),
    );
    near(sumOfParts(run), run.seconds);
    let end = 0;
    for (const [index] of step.operations.entries()) {
      assert.equal(run.computed[2 * index], end);
      end = run.computed[2 * index + 1]!;
    }
    assert.deepEqual(run.wire, { allGather: 0, reduceScatter: 0, allReduce: 0, exchanged: 0 });
    assert.ok(limitOf(step, roundDevice) < run.seconds);
  });

  it('communicates in order, after it was asked to, and awaits no less than that', () => {
    const { program } = rank(8);
    const run = simulate(program, roundDevice, { world: 8, shards: 8, perHost: 4 });
    let [asked, free] = [0, 0];
    const done = new Map<number, number>();
    for (const [index, operation] of program.operations.entries()) {
      const [begin, end] = [run.communicated[2 * index]!, run.communicated[2 * index + 1]!];
      if (isCommunication(operation)) {
        assert.ok(begin >= asked && begin >= free && end > begin);
        assert.ok(begin === asked || begin === free, 'it begins as soon as it can');
        free = end;
        for (const id of reads(operation)) done.set(id, end);
      } else {
        assert.deepEqual([begin, end], [0, 0]);
        if (operation.kind === 'await') {
          for (const id of reads(operation)) assert.ok(run.computed[2 * index + 1]! >= (done.get(id) ?? 0));
        }
        asked = run.computed[2 * index + 1]!;
      }
    }
    near(sumOfParts(run), run.seconds);
    assert.ok(run.parts.awaiting > 0);
  });

  it('hides what fits behind the computation: with a quick network nobody waits, with a slow one everybody', () => {
    const { program } = rank(8);
    const ranks = { world: 8, shards: 8, perHost: 8 };
    const withLink = (bytesPerSecond: number) => {
      const device = {
        ...roundDevice,
        host: { ranks: 8, bytesPerSecond },
        collectives: {
          ...roundDevice.collectives,
          baseSeconds: 0,
          large: { host: { ring: 0, tree: 0 }, network: { ring: 0, tree: 0 } },
        },
      };
      return simulate(
        program,
        { ...device, collectives: { ...device.collectives, small: { ...device.collectives.large, upToBytes: 0 } } },
        ranks,
      );
    };
    const [quick, slow, slower] = [withLink(1e15), withLink(1e8), withLink(1e7)];
    assert.ok(quick.parts.awaiting < 1e-6 * quick.seconds);
    assert.ok(quick.seconds < slow.seconds && slow.seconds < slower.seconds);
    const computing = quick.seconds;
    const communicating = ({ communicated }: SimulatedRun) =>
      program.operations.reduce((sum, _, i) => sum + communicated[2 * i + 1]! - communicated[2 * i]!, 0);
    for (const run of [slow, slower]) {
      const exchanging = run.parts.exchanging;
      assert.ok(run.seconds >= Math.max(computing, communicating(run)) - 1e-9);
      assert.ok(run.seconds <= computing + communicating(run) + exchanging + 1e-9);
    }
  });

  it('counts on the wire what each kind of exchange moves', () => {
    const { program, inspectStart } = rank(4);
    const run = simulate(program, roundDevice, { world: 4, shards: 4, perHost: 4 }, inspectStart);
    const sum = (kind: OperationKind, of: 'inputs' | 'outputs') =>
      program.operations
        .slice(0, inspectStart)
        .filter((operation) => operation.kind === kind)
        .reduce(
          (bytes, operation) => bytes + byteLength(program.values[Object.values(operation[of])[0] as number]!),
          0,
        );
    near(run.wire.allGather, (sum('allGather', 'outputs') * 3) / 4);
    near(run.wire.reduceScatter, (sum('reduceScatter', 'inputs') * 3) / 4);
    near(run.wire.allReduce, 2 * sum('allReduce', 'inputs') * 0.75);
    assert.ok(run.wire.exchanged > 0);
  });

  it('shards per host: gradients also go to those who hold the same shard, over the network', () => {
    const { program, inspectStart } = rank(4);
    const inside = simulate(program, roundDevice, { world: 4, shards: 4, perHost: 4 }, inspectStart);
    const hosts = simulate(program, roundDevice, { world: 8, shards: 4, perHost: 4 }, inspectStart);
    const shards = inside.wire.reduceScatter / 3;
    near(hosts.wire.allGather, inside.wire.allGather);
    near(hosts.wire.allReduce - (inside.wire.allReduce * 7) / 6, 2 * shards * 0.5);
    assert.ok(hosts.seconds > inside.seconds);
  });

  it('a rank that shares processors computes as many times as long', () => {
    const one = simulate(step, roundDevice, alone);
    const shared = simulate(step, roundDevice, { ...alone, slowdown: 3 });
    near(shared.seconds, 3 * one.seconds);
  });
});
