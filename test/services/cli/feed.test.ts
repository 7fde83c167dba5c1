/** `auspex feed` from the command line: what it says, what it refuses, and how it ends. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { openEmbeddedBus } from '../../../services/bus/embedded.ts';
import { tarOf } from '../../data/collections/tar.ts';
import { numberedJpeg } from '../../data/numbered-jpeg.ts';
import { assertEachOnce, contentsOf } from '../../feed/topic-contents.ts';
import { temporaryFolder } from '../../training/tiny-training.ts';
import { auspex, startAuspex } from './run.ts';

interface Result {
  readonly topic: string;
  readonly status: string;
  readonly published: number;
  readonly inline: number;
  readonly references: number;
  readonly duplicates: number;
  readonly rejected: { readonly count: number; readonly byCode: Record<string, number>; readonly file: string };
}

describe('auspex feed', () => {
  const temporary = temporaryFolder();
  const at = (...parts: string[]) => path.join(temporary.path, ...parts);
  const place = (state = 'state') => ['--bus-folder', at('bus'), '--state', at(state)];
  before(async () => {
    mkdirSync(at('photos', 'cats'), { recursive: true });
    for (let i = 0; i < 12; i++) writeFileSync(at('photos', 'cats', `${i}.jpg`), await numberedJpeg(i));
    writeFileSync(at('photos', 'empty.jpg'), '');
    writeFileSync(at('photos', 'text.jpg'), 'no image');
    writeFileSync(at('a.tar'), await tarOf([['12.jpg', await numberedJpeg(12)]]));
    mkdirSync(at('none'));
    writeFileSync(at('none', 'text.jpg'), 'no image');
  });
  after(() => temporary.remove());

  it('publishes collections, lists what it did not publish, and the second time finds all there', async () => {
    const args = ['feed', at('photos'), at('a.tar'), '--topic', 'embedded:images', '--partitions', '3', ...place()];
    const first = auspex(args);
    assert.equal(first.code, 0, first.stderr);
    assert.match(first.stdout, /rejected text\.jpg: its content is no format.*\(NOT_AN_IMAGE\)/);
    assert.match(first.stdout, /15 images: 13 published \(13 inline, 0 by reference, .*\), 0 duplicates, 2 rejected/);
    const second = auspex([...args, '--json']);
    const { published, duplicates, rejected, topic, status } = second.json<Result>();
    assert.deepEqual([published, duplicates, rejected.count], [0, 13, 2]);
    assert.deepEqual([topic, status], ['embedded:images', 'finished']);
    assert.deepEqual(rejected.byCode, { EMPTY: 1, NOT_AN_IMAGE: 1 });
    assert.ok(existsSync(rejected.file));
    const bus = openEmbeddedBus(at('bus'));
    const contents = await contentsOf(bus, 'images');
    await bus.close();
    assert.equal(contents.lengths.length, 3);
    assertEachOnce(contents, [...Array.from({ length: 12 }, (_, i) => `cats/${i}.jpg`), 'a.tar/12.jpg']);
  });

  it('warns of options that an existing topic does not heed', () => {
    const { code, stderr } = auspex(['feed', at('a.tar'), '--topic', 'images', '--retention-hours', '5', ...place()]);
    assert.equal(code, 0);
    assert.match(stderr, /warning: topic images is there already, and --retention-hours/);
  });

  it('refuses what cannot be, and says what to do', () => {
    const feed = (...args: string[]) => auspex(['feed', ...args, ...place()]);
    const cases: [string[], number, RegExp][] = [
      [['--topic', 'images'], 2, /error USAGE: missing required argument 'source'/],
      [[at('photos')], 2, /error USAGE: required option '--topic <address>' not specified/],
      [[at('photos'), '--topic', 'images', '--form', 'zip'], 2, /error USAGE: .*Allowed choices are inline/],
      [[at('nowhere'), '--topic', 'images'], 1, /error BAD_SOURCE: .*nowhere/],
      [[at('photos', 'text.jpg'), '--topic', 'images'], 1, /error BAD_SOURCE: .*neither a folder nor a tar shard/],
      [[at('photos'), '--topic', 'rabbit:images'], 1, /error BUS_ADDRESS: 'rabbit:images' is no name for a topic/],
      [[at('photos'), '--topic', 'kafka:images', '--brokers', 'nohost'], 1, /error BUS_ADDRESS: 'nohost'/],
      [[at('photos'), '--topic', 'images', '--partitions', '5'], 1, /error TOPIC_DIFFERS: .*has 3 partitions, not 5/],
      [[at('none'), '--topic', 'images'], 1, /error NO_IMAGES: There was no image in/],
    ];
    for (const [args, code, message] of cases) {
      const result = feed(...args);
      assert.equal(result.code, code, `${args}: ${result.stderr}`);
      assert.match(result.stderr, message);
    }
  });

  it('ends after what is being published when it is interrupted, and goes on the next time', async () => {
    mkdirSync(at('many'));
    const names = Array.from({ length: 400 }, (_, i) => `${i}.jpg`);
    for (const [i, name] of names.entries()) writeFileSync(at('many', name), await numberedJpeg(1000 + i, 400_000));
    const args = ['feed', at('many'), '--topic', 'many', '--json', ...place('state-of-many')];
    const child = startAuspex(args);
    let output = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      output += text;
    });
    const bus = openEmbeddedBus(at('bus'));
    const begun = async () => (await bus.topics()).includes('many') && (await bus.ranges('many'))[0]!.end > 0;
    while (child.exitCode === null && !(await begun())) await new Promise((resolve) => setTimeout(resolve, 2));
    child.kill('SIGINT');
    const [code] = (await once(child, 'close')) as [number];
    assert.equal(code, 0);
    const stopped: Result = JSON.parse(output.trimEnd().split('\n').at(-1)!);
    assert.equal(stopped.status, 'stopped');
    const rest = auspex(args).json<Result>();
    assert.equal(rest.status, 'finished');
    assert.equal(stopped.published + rest.published, 400);
    assertEachOnce(await contentsOf(bus, 'many'), names);
    await bus.close();
  });
});
