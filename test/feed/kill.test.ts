/** A feed that is killed in the middle, several times: the next goes on, and every image is in the topic once. */
import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { openEmbeddedBus } from '../../services/bus/embedded.ts';
import { prepareTopic } from '../../services/feed/prepare-topic.ts';
import { numberedJpeg } from '../data/numbered-jpeg.ts';
import { uniform } from '../random.ts';
import { temporaryFolder } from '../training/tiny-training.ts';
import { feedUntilKilled } from './feed-until-killed.ts';
import { assertEachOnce, contentsOf } from './topic-contents.ts';

describe('a feed that is killed', function () {
  this.timeout(240_000);
  const temporary = temporaryFolder();
  after(() => temporary.remove());

  it('goes on where it ended: every image once', async () => {
    const seed = Date.now() % 1_000_000;
    const random = uniform(seed);
    const [photos, folder] = ['photos', 'bus'].map((name) => path.join(temporary.path, name)) as [string, string];
    mkdirSync(photos);
    const names = Array.from({ length: 600 }, (_, i) => `${i}.jpg`);
    for (const [i, name] of names.entries()) writeFileSync(path.join(photos, name), await numberedJpeg(i, 300_000));
    const bus = openEmbeddedBus(folder);
    await prepareTopic(bus, 'images', { partitions: 4 });
    const count = async () => (await bus.ranges('images')).reduce((sum, { end }) => sum + end, 0);
    const state = path.join(temporary.path, 'state');
    const args = [photos, '--topic', 'embedded:images', '--bus-folder', folder, '--state', state];
    const delays = Array.from({ length: 6 }, () => random() * 40);
    const { kills, result } = await feedUntilKilled(args, delays, count);
    assert.ok(kills >= 3, `${kills} kills, seed ${seed}: the feed is too fast for this test`);
    assertEachOnce(await contentsOf(bus, 'images'), names);
    assert.equal(result.published + result.duplicates, 600, `seed ${seed}`);
    await bus.close();
  });
});
