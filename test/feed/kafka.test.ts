/** A feed into a real Kafka whose brokers are killed, and a feed that is killed: every image is in the topic once. */
import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { openCollection } from '../../data/collections/open-collection.ts';
import { openKafkaBus } from '../../services/bus/kafka.ts';
import type { MessageBus } from '../../services/bus/message-bus.ts';
import { type FeedEvent, type FeedOptions, type FeedResult, feed } from '../../services/feed/feed.ts';
import { prepareTopic } from '../../services/feed/prepare-topic.ts';
import { type Member, tarOf } from '../data/collections/tar.ts';
import { numberedJpeg } from '../data/numbered-jpeg.ts';
import { KafkaCluster } from '../kafka/cluster.ts';
import { whyNoKafka } from '../kafka/install.ts';
import { uniform } from '../random.ts';
import { temporaryFolder } from '../training/tiny-training.ts';
import { feedUntilKilled } from './feed-until-killed.ts';
import { assertEachOnce, contentsOf } from './topic-contents.ts';

const NUM_PHOTOS = 700;

describe('a feed into Kafka', function () {
  this.timeout(300_000);
  const temporary = temporaryFolder();
  const at = (...parts: string[]) => path.join(temporary.path, ...parts);
  const names = Array.from({ length: NUM_PHOTOS }, (_, i) => `${i}.jpg`);
  before(async function () {
    if (whyNoKafka() !== undefined) this.skip();
    mkdirSync(at('photos'));
    for (const [i, name] of names.entries()) writeFileSync(at('photos', name), await numberedJpeg(i, 100_000));
  });
  after(() => temporary.remove());

  const open = (name = 'photos') => openCollection(at(name), () => Promise.reject(new Error('no store')));
  const run = async (bus: MessageBus, topic: string, more: Partial<FeedOptions> = {}, source = 'photos') =>
    feed(bus, [await open(source)], {
      topic,
      form: 'auto',
      order: { kind: 'shuffled', seed: 0 },
      state: at('state', topic),
      patienceSeconds: 120,
      ...more,
    });

  /** Feeds, and does something once after some images were published. @returns events beside the result */
  async function disturbed(bus: MessageBus, topic: string, after: number, disturb: () => Promise<void>) {
    const events: FeedEvent[] = [];
    let disturbance: Promise<void> | undefined;
    const onEvent = (event: FeedEvent) => {
      if (event.kind === 'progress' && event.published >= after) disturbance ??= disturb();
      else if (event.kind !== 'progress') events.push(event);
    };
    const result: FeedResult = await run(bus, topic, { onEvent });
    assert.ok(disturbance, 'the feed was over before anything was disturbed');
    await disturbance;
    return { result, events };
  }

  describe('of one broker', () => {
    let cluster: KafkaCluster;
    let bus: MessageBus;
    before(async () => {
      cluster = await KafkaCluster.start();
      bus = await openKafkaBus({ brokers: cluster.addresses, timeoutSeconds: 5 });
    });
    after(async () => {
      await bus?.close();
      await cluster?.stop();
    });

    it('publishes every image once, and nothing the second time, with or without its ledger', async () => {
      await prepareTopic(bus, 'plain', {});
      const first = await run(bus, 'plain');
      assert.deepEqual([first.published, first.inline], [NUM_PHOTOS, NUM_PHOTOS]);
      assertEachOnce(await contentsOf(bus, 'plain'), names);
      const second = await run(bus, 'plain');
      assert.deepEqual([second.published, second.duplicates, second.scanned], [0, NUM_PHOTOS, 0]);
      const lost = await run(bus, 'plain', { state: at('state', 'lost') });
      assert.deepEqual([lost.published, lost.duplicates, lost.scanned], [0, NUM_PHOTOS, NUM_PHOTOS]);
    });

    it('publishes what is larger than a broker takes by reference', async () => {
      await prepareTopic(bus, 'mixed', { partitions: 3 });
      const members = await Promise.all(
        [100, 2_000_000, 300_000, 1_500_000].map(async (bytes, i): Promise<Member> => {
          return [`${i}.jpg`, await numberedJpeg(5000 + i, bytes)];
        }),
      );
      mkdirSync(at('shards'));
      writeFileSync(at('shards', '0.tar'), await tarOf(members));
      const { inline, references } = await run(bus, 'mixed', {}, 'shards');
      assert.deepEqual([inline, references], [2, 2]);
      assertEachOnce(
        await contentsOf(bus, 'mixed'),
        members.map(([name]) => `0.tar/${name}`),
      );
    });

    it('waits for a broker that was killed, and publishes every image once', async () => {
      await prepareTopic(bus, 'killed', {});
      const { result, events } = await disturbed(bus, 'killed', 80, async () => {
        await cluster.killBroker(1);
        await new Promise((resolve) => setTimeout(resolve, 2000));
        cluster.startBroker(1);
        await cluster.ready();
      });
      assert.equal(result.published, NUM_PHOTOS);
      assert.ok(events.some(({ kind }) => kind === 'waiting'));
      assert.ok(events.some(({ kind }) => kind === 'back'));
      assertEachOnce(await contentsOf(bus, 'killed'), names);
      assert.equal((await run(bus, 'killed')).published, 0);
    });

    it('gives up when the broker does not come back in time, and goes on when it is started again', async () => {
      await prepareTopic(bus, 'gone', {});
      const onEvent = (event: FeedEvent) => {
        if (event.kind === 'progress' && event.published >= 80) void cluster.killBroker(1);
      };
      const gaveUp = run(bus, 'gone', { onEvent, patienceSeconds: 3 });
      await assert.rejects(gaveUp, { code: 'FEED_GAVE_UP', message: /failed for 3 s.*the same command goes on/ });
      cluster.startBroker(1);
      await cluster.ready();
      await run(bus, 'gone');
      assertEachOnce(await contentsOf(bus, 'gone'), names);
    });

    it('goes on where it was killed, however often', async () => {
      await prepareTopic(bus, 'murdered', {});
      const seed = Date.now() % 1_000_000;
      const random = uniform(seed);
      const count = async () => (await bus.ranges('murdered')).reduce((sum, { end }) => sum + end, 0);
      const brokers = ['--brokers', cluster.addresses.join(',')];
      const args = [at('photos'), '--topic', 'kafka:murdered', '--state', at('state', 'murdered'), ...brokers];
      const delays = Array.from({ length: 4 }, () => random() * 150);
      const { kills, result } = await feedUntilKilled(args, delays, count);
      assert.ok(kills >= 2, `${kills} kills, seed ${seed}: the feed is too fast for this test`);
      assertEachOnce(await contentsOf(bus, 'murdered'), names);
      assert.equal(result.published + result.duplicates, NUM_PHOTOS, `seed ${seed}`);
    });
  });

  describe('of three brokers', () => {
    let cluster: KafkaCluster;
    let bus: MessageBus;
    before(async () => {
      cluster = await KafkaCluster.start({ brokers: 3 });
      bus = await openKafkaBus({ brokers: cluster.addresses, timeoutSeconds: 5 });
    });
    after(async () => {
      await bus?.close();
      await cluster?.stop();
    });

    // Each leads a third of the partitions. AUSPEX_SLOW=1 kills all of them in turns.
    for (const victim of process.env['AUSPEX_SLOW'] ? [1, 2, 3] : [2]) {
      it(`goes on while broker ${victim} is dead: every image once`, async () => {
        const topic = `replicated-${victim}`;
        await prepareTopic(bus, topic, { replicas: 3 });
        const { result } = await disturbed(bus, topic, 80, () => cluster.killBroker(victim));
        assert.equal(result.published, NUM_PHOTOS);
        assertEachOnce(await contentsOf(bus, topic), names);
        cluster.startBroker(victim);
        await cluster.ready();
        assert.equal((await run(bus, topic)).published, 0);
      });
    }
  });
});
