/** A feed into a topic of the embedded bus: every image once, whatever is fed how often, and all else recorded. */
import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Collection } from '../../data/collections/collection.ts';
import { openCollection } from '../../data/collections/open-collection.ts';
import { BusError } from '../../data/topics/bus-error.ts';
import { openEmbeddedBus } from '../../services/bus/embedded.ts';
import type { MessageBus } from '../../services/bus/message-bus.ts';
import { type FeedEvent, type FeedOptions, feed } from '../../services/feed/feed.ts';
import { prepareTopic } from '../../services/feed/prepare-topic.ts';
import { type Member, tarOf } from '../data/collections/tar.ts';
import { numberedJpeg } from '../data/numbered-jpeg.ts';
import { temporaryFolder } from '../training/tiny-training.ts';
import { assertEachOnce, contentsOf } from './topic-contents.ts';

const TOPIC = 'images';

describe('a feed into the embedded bus', () => {
  const temporary = temporaryFolder();
  let count = 0;
  let root: string;
  let bus: MessageBus;
  const at = (...parts: string[]) => path.join(root, ...parts);
  const open = (...parts: string[]) => openCollection(at(...parts), () => Promise.reject(new Error('no store')));

  beforeEach(async () => {
    root = path.join(temporary.path, String(count++));
    mkdirSync(root);
    bus = openEmbeddedBus(at('bus'));
    await prepareTopic(bus, TOPIC, { partitions: 4 });
  });
  afterEach(() => bus.close());
  after(() => temporary.remove());

  /** `count` JPEGs 0.jpg, 1.jpg, ... of so many bytes. */
  async function photos(folder: string, count: number, bytes = 0, first = 0): Promise<string[]> {
    mkdirSync(at(folder), { recursive: true });
    const names = Array.from({ length: count }, (_, i) => `${first + i}.jpg`);
    for (const [i, name] of names.entries()) writeFileSync(at(folder, name), await numberedJpeg(first + i, bytes));
    return names;
  }

  const run = (collections: readonly Collection[], options: Partial<FeedOptions> = {}) =>
    feed(bus, collections, {
      topic: TOPIC,
      form: 'auto',
      order: { kind: 'shuffled', seed: 0 },
      state: at('state'),
      ...options,
    });

  it('publishes every image once, in partitions of equal length', async () => {
    const names = await photos('photos', 203);
    const { seconds, rejected, ...result } = await run([await open('photos')]);
    const bytes = names.reduce((sum, name) => sum + readFileSync(at('photos', name)).byteLength, 0);
    const counts = { images: 203, published: 203, bytes, inline: 203, references: 0, duplicates: 0, scanned: 0 };
    assert.deepEqual(result, { status: 'finished', ...counts });
    assert.equal(rejected.count, 0);
    assert.ok(seconds > 0);
    const contents = await contentsOf(bus, TOPIC);
    assertEachOnce(contents, names);
    assert.deepEqual(contents.lengths, [51, 51, 51, 50]);
  });

  it('publishes nothing the second time, also after its ledger was lost', async () => {
    const names = await photos('photos', 50);
    await run([await open('photos')]);
    const again = await run([await open('photos')]);
    assert.deepEqual([again.published, again.duplicates, again.scanned], [0, 50, 0]);
    rmSync(at('state'), { recursive: true });
    const lost = await run([await open('photos')]);
    assert.deepEqual([lost.published, lost.duplicates, lost.scanned], [0, 50, 50]);
    assertEachOnce(await contentsOf(bus, TOPIC), names);
  });

  it('publishes what is new only, and keeps partitions equal', async () => {
    const names = await photos('photos', 7);
    await run([await open('photos')]);
    names.push(...(await photos('photos', 6, 0, 100)));
    const more = await run([await open('photos')]);
    assert.deepEqual([more.published, more.duplicates], [6, 7]);
    assertEachOnce(await contentsOf(bus, TOPIC), names);
  });

  it('knows the same image under other names, in one collection and in several', async () => {
    const names = await photos('photos', 5);
    await photos('more', 5);
    writeFileSync(at('photos', 'z.jpg'), await numberedJpeg(3));
    const result = await run([await open('photos'), await open('more')], { order: { kind: 'name' } });
    assert.deepEqual([result.images, result.published, result.duplicates], [11, 5, 6]);
    assertEachOnce(await contentsOf(bus, TOPIC), names);
  });

  it('reads what a feed that died had published and not written down', async () => {
    const names = await photos('photos', 40);
    await run([await open('photos')]);
    // Someone publishes the next images, and dies before the ledger has them.
    names.push(...(await photos('more', 10, 0, 500)));
    await run([await open('more')], { state: at('other-state') });
    const result = await run([await open('photos'), await open('more')]);
    assert.deepEqual([result.published, result.duplicates, result.scanned], [0, 50, 10]);
    assertEachOnce(await contentsOf(bus, TOPIC), names);
  });

  it('notices that the topic is another one than that of its ledger', async () => {
    const names = await photos('photos', 30);
    await run([await open('photos')]);
    await bus.close();
    // One that is empty, and one that has as many other images.
    for (const others of [0, 60]) {
      rmSync(at('bus'), { recursive: true });
      bus = openEmbeddedBus(at('bus'));
      await prepareTopic(bus, TOPIC, { partitions: 4 });
      const otherNames = others > 0 ? await photos('others', others, 0, 1000) : [];
      if (others > 0) await run([await open('others')], { state: at('state-of-others') });
      const result = await run([await open('photos')]);
      assert.deepEqual([result.published, result.scanned], [30, others]);
      assertEachOnce(await contentsOf(bus, TOPIC), [...names, ...otherNames]);
      await bus.close();
    }
    bus = openEmbeddedBus(at('bus'));
  });

  it('publishes again what retention has deleted', async () => {
    await photos('photos', 20);
    await run([await open('photos')]);
    for (const partition of [0, 1, 2, 3]) await bus.deleteBefore(TOPIC, { partition, offset: 3 });
    const result = await run([await open('photos')]);
    assert.deepEqual([result.published, result.duplicates], [12, 8]);
    assert.equal((await contentsOf(bus, TOPIC)).images.length, 20);
  });

  it('publishes the bytes where they fit, else where they lie, also within a shard', async () => {
    const limited = intercept(bus, async () => undefined, 10_000);
    const names = await photos('photos', 10);
    names.push(...(await photos('photos', 5, 20_000, 50)));
    const members: Member[] = [
      ['s.jpg', await numberedJpeg(80)],
      ['l.jpg', await numberedJpeg(81, 30_000)],
    ];
    writeFileSync(at('a.tar'), await tarOf(members));
    const options: FeedOptions = {
      topic: TOPIC,
      form: 'auto',
      order: { kind: 'shuffled', seed: 1 },
      state: at('state'),
    };
    const result = await feed(limited, [await open('photos'), await open('a.tar')], options);
    assert.deepEqual([result.inline, result.references], [11, 6]);
    const contents = await contentsOf(bus, TOPIC);
    assertEachOnce(contents, [...names, 'a.tar/s.jpg', 'a.tar/l.jpg']);
    const large = contents.images.find(({ name }) => name === 'a.tar/l.jpg')!;
    assert.ok('reference' in large.content && large.content.reference.shard === at('a.tar'));

    const inline = await feed(limited, [await open('photos')], {
      ...options,
      form: 'inline',
      topic: 'inline-only',
    }).catch((error: unknown) => error);
    assert.ok(inline instanceof Error && 'code' in inline && inline.code === 'TOPIC_NOT_FOUND');
    await prepareTopic(bus, 'inline-only', { partitions: 2 });
    const only = { ...options, form: 'inline', topic: 'inline-only', state: at('inline-state') } as const;
    const { published, rejected } = await feed(limited, [await open('photos')], only);
    assert.equal(published, 10);
    assert.deepEqual(rejected.byCode, { TOO_LARGE: 5 });
    assert.match(rejected.first[0]!.message, /its message has 2\d{4} bytes; the bus takes 10000.*--form auto/);
    const lines = readFileSync(at('inline-state', 'rejected.jsonl'), 'utf8').trimEnd().split('\n');
    assert.deepEqual(
      lines.map((line) => JSON.parse(line)),
      rejected.first,
    );
  });

  it('publishes where images lie, where that is wanted', async () => {
    const names = await photos('photos', 12);
    const result = await run([await open('photos')], { form: 'reference' });
    assert.equal(result.references, 12);
    const contents = await contentsOf(bus, TOPIC);
    assertEachOnce(contents, names);
    assert.ok(contents.images.every(({ content }) => 'reference' in content));
  });

  it('records what is no image, wherever that was found', async () => {
    await photos('photos', 3);
    writeFileSync(at('photos', 'empty.jpg'), '');
    writeFileSync(at('photos', 'text.jpg'), 'no image at all');
    writeFileSync(at('photos', 'notes.txt'), 'no image either');
    const archive = await tarOf([
      ['a.jpg', await numberedJpeg(70, 2000)],
      ['b.jpg', await numberedJpeg(71, 2000)],
    ]);
    writeFileSync(at('cut.tar'), archive.subarray(0, 4000));
    const result = await run([await open('photos'), await open('cut.tar')]);
    assert.deepEqual([result.images, result.published, result.rejected.count], [8, 4, 4]);
    assert.deepEqual(Object.fromEntries(result.rejected.first.map(({ name, code }) => [name, code])), {
      'empty.jpg': 'EMPTY',
      'text.jpg': 'NOT_AN_IMAGE',
      'notes.txt': 'NOT_AN_IMAGE',
      'cut.tar': 'CORRUPT',
    });
  });

  it('has labels of the folder and of the shard in its messages', async () => {
    mkdirSync(at('photos', 'cats'), { recursive: true });
    writeFileSync(at('photos', 'cats', '1.jpg'), await numberedJpeg(1));
    writeFileSync(
      at('a.tar'),
      await tarOf([
        ['2.jpg', await numberedJpeg(2)],
        ['2.json', '{"country": "NP", "class": 7}'],
      ]),
    );
    await run([await open('photos'), await open('a.tar')]);
    const { images } = await contentsOf(bus, TOPIC);
    const labels = Object.fromEntries(images.map((image) => [image.name, image.labels]));
    assert.deepEqual(labels, { 'cats/1.jpg': { class: 'cats' }, 'a.tar/2.jpg': { country: 'NP', class: '7' } });
  });

  it('is alone: a second feed of the topic is refused until the first has ended', async () => {
    const names = await photos('photos', 100, 200_000);
    const running = run([await open('photos')], { locks: [at('bus', 'feed-images.lock')] });
    await assert.rejects(run([await open('photos')]), { code: 'FEED_RUNNING', message: /process \d+ is feeding/ });
    const elsewhere = { state: at('other-state'), locks: [at('bus', 'feed-images.lock')] };
    await assert.rejects(run([await open('photos')], elsewhere), { code: 'FEED_RUNNING' });
    await running;
    assert.equal((await run([await open('photos')], elsewhere)).published, 0);
    assertEachOnce(await contentsOf(bus, TOPIC), names);
  });

  it('knows what others publish into the topic meanwhile', async () => {
    const names = await photos('photos', 120, 300_000);
    const others = await photos('others', 30, 0, 1000);
    // Before the second batch goes, another feed that nothing keeps apart from this one publishes.
    let calls = 0;
    const interrupted = intercept(bus, async () => {
      if (++calls === 2) await run([await open('others')], { state: at('other') });
    });
    await feed(interrupted, [await open('photos')], {
      topic: TOPIC,
      form: 'auto',
      order: { kind: 'shuffled', seed: 0 },
      state: at('state'),
    });
    assert.ok(calls > 2);
    const again = await run([await open('photos'), await open('others')]);
    assert.deepEqual([again.published, again.duplicates, again.scanned], [0, 150, 0]);
    const { images, names: found } = await contentsOf(bus, TOPIC);
    assert.equal(new Set(images.map(({ sha256 }) => Buffer.from(sha256).toString('hex'))).size, 150);
    assert.deepEqual(found, [...names, ...others].sort());
  });

  it('keeps partitions equal while batches fail in part beside one that is on its way', async () => {
    const names = await photos('photos', 400, 300_000);
    let again: () => void = () => undefined;
    const bothSentAgain = new Promise<void>((resolve) => {
      again = resolve;
    });
    let [calls, sentAgain] = [0, 0];
    let whole: number | undefined;
    const failing: MessageBus = {
      ...intercept(bus, async () => undefined),
      async publish(topic, messages) {
        whole ??= messages.length;
        // Of the first two batches only what goes to one partition arrives; both are sent again. Others are slow until then.
        if (++calls <= 2) {
          await bus.publish(
            topic,
            messages.filter(({ partition }) => partition === 3),
          );
          throw new BusError('PUBLISH_FAILED', 'Three partitions have no leader.');
        }
        if (messages.length === whole) await Promise.race([bothSentAgain, sleep(3000)]);
        else if (++sentAgain === 2) again();
        return bus.publish(topic, messages);
      },
    };
    const options: FeedOptions = {
      topic: TOPIC,
      form: 'auto',
      order: { kind: 'shuffled', seed: 0 },
      state: at('state'),
      patienceSeconds: 60,
    };
    const { published } = await feed(failing, [await open('photos')], options);
    assert.ok(sentAgain >= 2);
    assert.equal(published, names.length);
    assertEachOnce(await contentsOf(bus, TOPIC), names);
  }).timeout(60_000);

  it('stops when it is told to, and goes on later', async () => {
    const names = await photos('photos', 120, 500_000);
    const abort = new AbortController();
    const onEvent = (event: FeedEvent) => {
      if (event.kind === 'progress' && event.published > 0) abort.abort();
    };
    const stopped = await run([await open('photos')], { signal: abort.signal, onEvent });
    assert.equal(stopped.status, 'stopped');
    assert.ok(stopped.published > 0 && stopped.published < 120, String(stopped.published));
    const rest = await run([await open('photos')]);
    assert.equal(rest.published, 120 - stopped.published);
    assertEachOnce(await contentsOf(bus, TOPIC), names);
  });

  it('says that its ledger cannot be used', async () => {
    await photos('photos', 3);
    writeFileSync(at('file'), '');
    await assert.rejects(run([await open('photos')], { state: at('file', 'state') }), { code: 'FEED_STATE' });
    mkdirSync(at('damaged'));
    writeFileSync(at('damaged', 'data.mdb'), 'no database'.repeat(1000));
    await assert.rejects(run([await open('photos')], { state: at('damaged') }), {
      code: 'FEED_STATE',
      message: /delete this one: it is made again/,
    });
  });
});

/** The same bus, before whose publishing something happens, and perhaps with a smaller limit of messages. */
function intercept(bus: MessageBus, before: () => Promise<void>, limit = bus.maximumMessageBytes): MessageBus {
  return {
    name: bus.name,
    maximumMessageBytes: limit,
    createTopic: (topic, options) => bus.createTopic(topic, options),
    topics: () => bus.topics(),
    ranges: (topic) => bus.ranges(topic),
    openReader: (topic, from, options) => bus.openReader(topic, from, options),
    deleteBefore: (topic, place) => bus.deleteBefore(topic, place),
    close: () => bus.close(),
    async publish(topic, messages) {
      await before();
      return bus.publish(topic, messages);
    },
  };
}

describe('the topic of a feed', () => {
  const temporary = temporaryFolder();
  let bus: MessageBus;
  before(() => {
    bus = openEmbeddedBus(temporary.path);
  });
  after(async () => {
    await bus.close();
    temporary.remove();
  });

  it('is made with eight partitions, and taken as it is afterwards', async () => {
    assert.deepEqual(await prepareTopic(bus, 'one', {}), { partitions: 8, isNew: true, ignored: [] });
    await prepareTopic(bus, 'two', { partitions: 3, retentionHours: 2 });
    assert.deepEqual(await prepareTopic(bus, 'two', {}), { partitions: 3, isNew: false, ignored: [] });
    assert.deepEqual((await prepareTopic(bus, 'two', { partitions: 3, retentionHours: 2, replicas: 1 })).ignored, [
      '--replicas',
      '--retention-hours',
    ]);
    await assert.rejects(prepareTopic(bus, 'two', { partitions: 4 }), { code: 'TOPIC_DIFFERS' });
  });
});
