/** Training on a topic of an embedded bus: as strict as from a folder. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { encodeImage } from '../../data/topics/image-message.ts';
import { openEmbeddedBus } from '../../services/bus/embedded.ts';
import type { MessageBus } from '../../services/bus/message-bus.ts';
import { openBusAt } from '../../services/bus/open-bus.ts';
import { auditRun } from '../../training/audit/audit-run.ts';
import { configOfRun } from '../../training/config/config-of-run.ts';
import type { OpenBus } from '../../training/open-data.ts';
import { readMetrics, readSkipped } from '../../training/run/run-folder.ts';
import { train } from '../../training/train.ts';
import { jpeg } from '../data/pictures.ts';
import { lossesOf, ranksConfig, runRanked } from '../services/ranks/ranks-training.ts';
import { outcome, runTraining, stopAfter, temporaryFolder, tinyConfig } from '../training/tiny-training.ts';
import { imageMessage, publishPhotos, sha256Of } from './publish-images.ts';

const killable = path.join(import.meta.dirname, 'train-until-killed.ts');

describe('training on a topic', () => {
  const temporary = temporaryFolder();
  const folder = path.join(temporary.path, 'bus');
  let bus: MessageBus;
  before(async () => {
    bus = openEmbeddedBus(folder);
    await publishPhotos(bus, 'photos', { count: 40, partitions: 4 });
  });
  after(async () => {
    await bus.close();
    temporary.remove();
  });

  let runs = 0;
  const newRun = () => path.join(temporary.path, `run-${++runs}`);
  const where = [`bus.folder=${folder}`, 'data.shuffleWindow=12'];
  const config = (out: string, topic: string, ...set: string[]) =>
    tinyConfig(`embedded:${topic}`, out, ...where, ...set);
  const options = { openBus: openBusAt };
  const proven = async (out: string) => {
    const { verdict, findings } = await auditRun(out);
    assert.deepEqual([verdict, findings], ['proven', []]);
  };
  const trained = async (...set: string[]) => {
    const out = newRun();
    const { result } = await runTraining(config(out, 'photos', ...set), options);
    return outcome(out, result.checkpoint!);
  };

  it('trains on every image once per epoch, the same bits each time, and writes down where it is', async () => {
    const out = newRun();
    const { events, result } = await runTraining(config(out, 'photos', 'training.iterations=10'), options);
    assert.ok(events[0]?.kind === 'start' && events[0].images === 40);
    const expected = outcome(out, result.checkpoint!);
    assert.deepEqual(await trained('training.iterations=10'), expected);
    assert.deepEqual(await trained('training.iterations=10', 'data.readAheadBytes=20000'), expected);
    assert.notEqual((await trained('training.iterations=10', 'training.seed=4')).trunk, expected.trunk);
    assert.notEqual((await trained('training.iterations=10', 'data.shuffleWindow=40')).trunk, expected.trunk);
    const { state } = expected as { state: Record<string, unknown> };
    assert.deepEqual([state['position'], state['numImages']], [[20, 20, 20, 20], 40]);
    assert.deepEqual(
      state['offsets'],
      [0, 1, 2, 3].map((partition) => ({ partition, offset: 0 })),
    );
    const { data } = configOfRun(out);
    assert.deepEqual(
      data.offsets,
      [0, 1, 2, 3].map((partition) => ({ partition, begin: 0, end: 10 })),
    );
    const audit = await auditRun(out);
    assert.equal(audit.verdict, 'proven');
    assert.deepEqual(
      audit.epochs.map(({ first, last, trained, missing }) => [first, last, trained, missing]),
      [[0, 1, 40, 0]],
    );
    const last = readMetrics(out).at(-1)!;
    assert.ok(last.kind === 'step' && last.epoch === 2);
  });

  it('reads no further once its caller has left, be it at the first event', async () => {
    let open = 0;
    const readers = {
      ranges: bus.ranges.bind(bus),
      async openReader(...args: Parameters<MessageBus['openReader']>) {
        open++;
        const reader = await bus.openReader(...args);
        const close = async () => {
          open--;
          await reader.close();
        };
        return Object.assign(Object.create(reader) as typeof reader, {
          ...{ read: reader.read.bind(reader), seek: reader.seek.bind(reader), close },
          ...{ pause: reader.pause.bind(reader), resume: reader.resume.bind(reader) },
        });
      },
      // Others still use it.
      close: async () => {},
    };
    const openBus: OpenBus = async (_, places) => ({ bus: readers, places });
    for await (const { kind } of train(config(newRun(), 'photos', 'training.iterations=4'), { openBus })) {
      assert.deepEqual([kind, open], ['start', 1]);
      break;
    }
    assert.equal(open, 0);
  });

  it('holds nothing back of what was published after it had begun', async () => {
    await publishPhotos(bus, 'growing', { count: 24, partitions: 2 });
    const out = newRun();
    await stopAfter(3, config(out, 'growing', 'training.iterations=12'), options);
    await publishPhotos(bus, 'growing', { count: 24, partitions: 2, first: 24 });
    const { result } = await runTraining(configOfRun(out), { ...options, resume: true });
    const whole = newRun();
    const undisturbed = configOfRun(out);
    const again = await runTraining(tinyConfigOf(undisturbed, whole), options);
    assert.deepEqual(outcome(out, result.checkpoint!).trunk, outcome(whole, again.result.checkpoint!).trunk);
    await proven(out);
  });

  it('after kill -9 ends with the bits of a run that was not killed, and repeats and loses no image', async () => {
    const set = ['training.iterations=14', 'checkpoint.everyIterations=3'];
    const expected = await trained(...set);
    const out = newRun();
    const args = ['--import', 'tsx', killable, 'embedded:photos', out, ...where, ...set];
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
    let printed = '';
    for await (const chunk of child.stdout) {
      printed += chunk;
      if (/^8$/m.test(printed)) break;
    }
    child.kill('SIGKILL');
    if (child.signalCode === null) await once(child, 'exit');
    const { result } = await runTraining(configOfRun(out), { ...options, resume: true });
    assert.deepEqual(outcome(out, result.checkpoint!), expected);
    await proven(out);
  });

  it('gives the losses of one rank on 2 and 4 ranks, each of which reads its own partitions; 3 cannot share them', async () => {
    const ranked = (out: string, ...set: string[]) =>
      ranksConfig('embedded:photos', out, ...where, 'training.iterations=12', ...set);
    const one = newRun();
    await runTraining(ranked(one), options);
    const expected = lossesOf(one) as number[];
    for (const ranks of [2, 4]) {
      const out = newRun();
      await runRanked(ranked(out), { ranks });
      for (const [step, loss] of (lossesOf(out) as number[]).entries()) {
        assert.ok(
          Math.abs(loss / expected[step]! - 1) <= 1e-4,
          `${ranks} ranks, step ${step + 1}: ${loss}, not ${expected[step]}`,
        );
      }
      await proven(out);
    }
    const three = runRanked(ranked(newRun(), 'training.batchSize=12'), { ranks: 3 });
    await assert.rejects(three, { code: 'BAD_WORLD_SIZE', message: /4 lanes of partitions/ });
  });

  it('goes on with another number of ranks, which share the partitions anew', async () => {
    const out = newRun();
    const set = [...where, 'training.iterations=12'];
    await stopRankedAfter(5, ranksConfig('embedded:photos', out, ...set), 4);
    const { result } = await runRanked(configOfRun(out), { ranks: 2, resume: true });
    assert.equal(result.status, 'finished');
    await proven(out);
  });

  it('skips what is no image and says why, with references and inline images mixed', async () => {
    const files = path.join(temporary.path, 'files');
    mkdirSync(files);
    await bus.createTopic('mixed', { partitions: 2 });
    const messages = [];
    for (let i = 0; i < 24; i++) {
      const bytes = await jpeg(50, 40 + i, i);
      const shard = path.join(files, `${i}.bin`);
      writeFileSync(shard, Buffer.concat([Buffer.from('before'), bytes, Buffer.from('behind')]));
      const reference = { shard, offset: 6, length: bytes.byteLength };
      messages.push(imageMessage(bytes, i % 2 === 0 ? {} : { content: { reference } }));
    }
    const good = await jpeg(64, 64, 99);
    const outside = path.join(temporary.path, 'outside.jpg');
    writeFileSync(outside, good);
    const changed = path.join(files, 'changed.jpg');
    writeFileSync(changed, good);
    const bad = {
      'no protobuf': { key: sha256Of(good), value: new Uint8Array([255, 1, 2]) },
      'no body': { value: new Uint8Array() },
      'a newer schema': {
        value: Buffer.concat([
          Buffer.from([8, 9]),
          encodeImage({ name: '', sha256: sha256Of(good), content: { inline: good }, labels: {} }).subarray(2),
        ]),
      },
      'another key': { ...imageMessage(good), key: sha256Of(new Uint8Array(3)) },
      'other bytes': imageMessage(good, { sha256: sha256Of(new Uint8Array(4)) }),
      'a truncated JPEG': imageMessage(good.subarray(0, 200)),
      'outside of the roots': imageMessage(good, {
        content: { reference: { shard: outside, offset: 0, length: good.length } },
      }),
      gone: imageMessage(good, { content: { reference: { shard: path.join(files, 'none'), offset: 0, length: 9 } } }),
      changed: imageMessage(good.subarray(1), {
        content: { reference: { shard: changed, offset: 0, length: good.length } },
      }),
    };
    const keyed = Object.values(bad).map((message) => ({ key: null, ...message }));
    // The key of what has other bytes is that which the message claims.
    keyed[4]!.key = sha256Of(new Uint8Array(4));
    await bus.publish(
      'mixed',
      [...messages, ...keyed].map((message, i) => ({ ...message, partition: i % 2 })),
    );
    const out = newRun();
    const set = [`data.referenceRoots=[${files}]`, 'data.maximumSkippedShare=0.5', 'training.iterations=9'];
    const { result } = await runTraining(config(out, 'mixed', ...set), options);
    assert.equal(result.status, 'finished');
    const codes = readSkipped(out).map(({ image, code }) => [image, code]);
    const at = (i: number) => `mixed/${(24 + i) % 2}/${Math.floor((24 + i) / 2)}`;
    assert.deepEqual(
      new Map(codes as [string, string][]),
      new Map([
        [at(0), 'BAD_IMAGE_MESSAGE'],
        [at(1), 'EMPTY'],
        [at(2), 'UNKNOWN_SCHEMA'],
        [at(3), 'BAD_IMAGE_MESSAGE'],
        [at(4), 'CHANGED'],
        [at(5), 'CORRUPT'],
        [at(6), 'UNREADABLE'],
        [at(7), 'UNREADABLE'],
        [at(8), 'CHANGED'],
      ]),
    );
    assert.match(readSkipped(out).find(({ image }) => image === at(6))!.reason, /below no folder/);
    await proven(out);
  });

  it('ends where retention has deleted an image, or goes on without it and says so', async () => {
    await publishPhotos(bus, 'short', { count: 32, partitions: 2 });
    const out = newRun();
    await stopAfter(1, config(out, 'short', 'checkpoint.everyIterations=1'), options);
    await bus.deleteBefore('short', { partition: 1, offset: 9 });
    const strict = runTraining(configOfRun(out), { ...options, resume: true });
    await assert.rejects(strict, { code: 'OFFSET_DELETED', message: /partition 1.*data\.onDeleted=skip/s });
    const lenient = newRun();
    const set = [
      'data.onDeleted=skip',
      'data.maximumSkippedShare=0.9',
      'data.offsets=[{partition: 0, begin: 0, end: 16}, {partition: 1, begin: 0, end: 16}]',
    ];
    await runTraining(config(lenient, 'short', ...set, 'training.iterations=4'), options);
    const skipped = readSkipped(lenient).map(({ code }) => code);
    assert.deepEqual(skipped, Array(9).fill('DELETED'));
    await proven(lenient);
  });

  it('waits where a live topic is not written yet, says so, goes on, and can be stopped while it waits', async () => {
    await publishPhotos(bus, 'live', { count: 20, partitions: 2 });
    const out = newRun();
    const live = (to: string, ...set: string[]) =>
      config(to, 'live', 'data.live=true', 'data.shuffleWindow=4', 'training.iterations=6', ...set);
    const stop = new AbortController();
    const said: string[] = [];
    const { result } = await runTraining(live(out), { ...options, signal: stop.signal }, async (event) => {
      if (event.kind !== 'warning') return;
      said.push(event.message);
      if (said.length === 1) await publishPhotos(bus, 'live', { count: 16, partitions: 2, first: 20 });
      if (said.length === 3) stop.abort();
    });
    // 20 images are 2 windows of each partition and a half: 2 batches; 36 are 4.
    assert.deepEqual([result.status, result.steps], ['stopped', 4]);
    assert.match(said[0]!, /waits for message \d+ of partition [01] of topic live/);
    assert.match(said[1]!, /goes on: message \d+ of partition [01] of topic live has come after [\d.]+ s/);
    assert.match(said[2]!, /waits/);
    await publishPhotos(bus, 'live', { count: 16, partitions: 2, first: 36 });
    await runTraining(configOfRun(out), { ...options, resume: true });
    const undisturbed = newRun();
    await runTraining(live(undisturbed), options);
    assert.deepEqual(lossesOf(out), lossesOf(undisturbed));
    const { verdict, epochs, images } = await auditRun(out);
    assert.deepEqual([verdict, images, epochs[0]!.trained, epochs[0]!.ahead], ['proven', null, 48, null]);
  }).timeout(60_000);

  it('says what is wrong with a topic before anything is made', async () => {
    const out = newRun();
    const start = (topic: string, ...set: string[]) => runTraining(config(out, topic, ...set), options);
    await assert.rejects(start('none'), { code: 'TOPIC_NOT_FOUND' });
    await bus.createTopic('empty', { partitions: 2 });
    await assert.rejects(start('empty'), { code: 'TOO_FEW_IMAGES', message: /holds 0 images/ });
    await assert.rejects(start('photos', 'data.live=true', 'training.iterations=null', 'training.epochs=1'), {
      code: 'NO_END',
    });
    await assert.rejects(start('what?'), { code: 'BUS_ADDRESS' });
    await assert.rejects(runTraining(config(out, 'photos')), { code: 'NO_BUS' });
    assert.throws(() => readFileSync(path.join(out, 'run.json')), { code: 'ENOENT' });
  });

  /** A new run on what another was trained on. */
  function tinyConfigOf(other: ReturnType<typeof configOfRun>, out: string) {
    return { ...other, training: { ...other.training, out } };
  }

  async function stopRankedAfter(step: number, ranked: ReturnType<typeof ranksConfig>, ranks: number): Promise<void> {
    const stop = new AbortController();
    const { result } = await runRanked(ranked, {
      ranks,
      signal: stop.signal,
      onEvent: (event) => {
        if (event.kind === 'step' && event.step === step) stop.abort();
      },
    });
    assert.equal(result.status, 'stopped');
  }
});
