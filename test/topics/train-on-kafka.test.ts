/** Training on topics of a real Kafka: the same bits as from an embedded bus, whatever happens to brokers and ranks. */
import assert from 'node:assert/strict';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { openEmbeddedBus } from '../../services/bus/embedded.ts';
import { openKafkaBus } from '../../services/bus/kafka.ts';
import type { MessageBus } from '../../services/bus/message-bus.ts';
import { openBusAt } from '../../services/bus/open-bus.ts';
import { auditRun } from '../../training/audit/audit-run.ts';
import { configOfRun } from '../../training/config/config-of-run.ts';
import { KafkaCluster } from '../kafka/cluster.ts';
import { whyNoKafka } from '../kafka/install.ts';
import { lossesOf, processOf, ranksConfig, runRanked, worldsOf } from '../services/ranks/ranks-training.ts';
import { outcome, runTraining, temporaryFolder, tinyConfig } from '../training/tiny-training.ts';
import { publishPhotos } from './publish-images.ts';

const PHOTOS = { count: 48, partitions: 4 };

describe('training on Kafka', function () {
  this.timeout(180_000);
  const temporary = temporaryFolder();
  const options = { openBus: openBusAt };
  let runs = 0;
  const newRun = () => path.join(temporary.path, `run-${++runs}`);
  const window = 'data.shuffleWindow=16';
  after(() => temporary.remove());
  before(function () {
    if (whyNoKafka() !== undefined) this.skip();
  });

  describe('of one broker', () => {
    let cluster: KafkaCluster;
    let bus: MessageBus;
    const brokers = () => `bus.brokers=[${cluster.addresses.join(',')}]`;
    before(async () => {
      cluster = await KafkaCluster.start();
      bus = await openKafkaBus({ brokers: cluster.addresses });
      await publishPhotos(bus, 'photos', PHOTOS);
    });
    after(async () => {
      await bus?.close();
      await cluster?.stop();
    });

    it('gives the bits that the same messages of an embedded bus give, though the broker is killed on the way', async () => {
      const folder = path.join(temporary.path, 'bus');
      const embedded = openEmbeddedBus(folder);
      await publishPhotos(embedded, 'photos', PHOTOS);
      await embedded.close();
      const set = ['training.iterations=30', window, 'data.readAheadBytes=30000'];
      const expected = newRun();
      const whole = await runTraining(tinyConfig('embedded:photos', expected, ...set, `bus.folder=${folder}`), options);
      const out = newRun();
      let killed: Promise<void> | undefined;
      const { result } = await runTraining(tinyConfig('kafka:photos', out, ...set, brokers()), options, (event) => {
        if (event.kind === 'step' && event.step === 5) killed = killAndRestart(cluster, 1);
      });
      await killed;
      const { state, ...rest } = outcome(out, result.checkpoint!);
      const { state: otherState, ...others } = outcome(expected, whole.result.checkpoint!);
      assert.deepEqual(rest, others);
      assert.deepEqual(state, otherState);
      assert.equal((await auditRun(out)).verdict, 'proven');
    });

    it('loses and repeats nothing when a rank is killed, and then the broker', async () => {
      const set = [window, brokers(), 'training.iterations=40', 'checkpoint.everyIterations=8'];
      const out = newRun();
      let killedRank = false;
      let killedBroker: Promise<void> | undefined;
      const { events, result } = await runRanked(ranksConfig('kafka:photos', out, ...set), {
        ranks: 2,
        onEvent: (event) => {
          if (event.kind === 'world' && event.world === 1) first = event.ranks;
          if (event.kind !== 'step') return;
          if (event.step === 12 && !killedRank) {
            killedRank = true;
            process.kill(processOf(first[1]!), 'SIGKILL');
          }
          if (event.step === 24) killedBroker ??= killAndRestart(cluster, 1);
        },
      });
      await killedBroker;
      assert.equal(result.status, 'finished');
      assert.ok(worldsOf(events).length >= 2);
      const { verdict, findings } = await auditRun(out);
      assert.deepEqual([verdict, findings], ['proven', []]);
      const undisturbed = newRun();
      await runRanked(ranksConfig('kafka:photos', undisturbed, ...set), { ranks: 2 });
      assert.deepEqual(lossesOf(out), lossesOf(undisturbed));
    });
    let first: readonly string[] = [];

    it('waits on ranks for a topic that is not written yet, and is stopped while it waits', async () => {
      await publishPhotos(bus, 'live', { count: 32, partitions: 4 });
      const set = ['data.live=true', 'data.shuffleWindow=4', brokers(), 'training.iterations=6'];
      const out = newRun();
      const stop = new AbortController();
      const said: string[] = [];
      const { result } = await runRanked(ranksConfig('kafka:live', out, ...set, 'checkpoint.everyIterations=1'), {
        ranks: 2,
        signal: stop.signal,
        onEvent: (event) => {
          if (event.kind !== 'warning' || !/waits for message|goes on/.test(event.message)) return;
          said.push(event.message);
          if (said.length === 1) void publishPhotos(bus, 'live', { count: 8, partitions: 4, first: 32 });
          if (said.filter((message) => /waits/.test(message)).length >= 3) stop.abort();
        },
      });
      assert.deepEqual([result.status, result.steps], ['stopped', 5]);
      assert.match(said[0]!, /^rank [01]: The training waits for message \d+ of partition \d of topic live/);
      await publishPhotos(bus, 'live', { count: 8, partitions: 4, first: 40 });
      const { result: end } = await runRanked(configOfRun(out), { ranks: 2, resume: true });
      assert.equal(end.status, 'finished');
      assert.equal((await auditRun(out)).verdict, 'proven');
    });
  });

  it('goes on when one of three brokers is killed for good', async () => {
    const cluster = await KafkaCluster.start({ brokers: 3 });
    const bus = await openKafkaBus({ brokers: cluster.addresses });
    try {
      await bus.createTopic('photos', { partitions: 4, replicas: 3 });
      await publishPhotos(bus, 'photos', PHOTOS);
      const set = [window, 'data.readAheadBytes=30000', 'training.iterations=40'];
      const out = newRun();
      let killed: Promise<void> | undefined;
      const brokers = `bus.brokers=[${cluster.addresses.join(',')}]`;
      await runTraining(tinyConfig('kafka:photos', out, ...set, brokers), options, async (event) => {
        if (event.kind !== 'step') return;
        if (event.step === 10) killed = cluster.killBroker(2);
        await sleep(20);
      });
      await killed;
      assert.equal((await auditRun(out)).verdict, 'proven');
    } finally {
      await bus.close();
      await cluster.stop();
    }
  });
});

async function killAndRestart(cluster: KafkaCluster, broker: number): Promise<void> {
  await cluster.killBroker(broker);
  await sleep(1000);
  cluster.startBroker(broker);
  await cluster.ready();
}
