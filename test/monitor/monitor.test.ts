/** What a monitor finds out about a topic, whatever is in it and however often it is ended. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import sharp from 'sharp';
import { countryOfCoordinates, countryOfText } from '../../data/monitor/countries.ts';
import { exifPlace } from '../../data/monitor/exif-place.ts';
import { Reservoir } from '../../data/monitor/reservoir.ts';
import { StreamSample } from '../../data/monitor/stream-sample.ts';
import { openEmbeddedBus } from '../../services/bus/embedded.ts';
import { openKafkaBus } from '../../services/bus/kafka.ts';
import type { MessageBus } from '../../services/bus/message-bus.ts';
import { monitor, type RunMonitorOptions } from '../../services/monitor/monitor.ts';
import { classOf } from '../../services/monitor/page/world-map.ts';
import type { MonitorSummary } from '../../services/monitor/summary.ts';
import { KafkaCluster } from '../kafka/cluster.ts';
import { whyNoKafka } from '../kafka/install.ts';
import { command } from '../services/cli/built.ts';
import { imageMessage } from '../topics/publish-images.ts';

describe('data monitor', () => {
  const root = mkdtempSync(path.join(tmpdir(), 'auspex-monitor-'));
  const folder = path.join(root, 'bus');
  let bus: MessageBus;
  let runs = 0;
  before(() => {
    bus = openEmbeddedBus(folder);
  });
  after(async () => {
    await bus.close();
    rmSync(root, { recursive: true });
  });

  const newOut = () => path.join(root, `out-${++runs}`);
  const run = (topic: string, changes: Partial<RunMonitorOptions> = {}) =>
    monitor({
      ...{ bus, name: topic, topic: `embedded:${topic}`, out: newOut(), labels: ['country', 'source'] },
      ...{ limit: 1000, seed: 1, follow: false, every: 60, signal: new AbortController().signal },
      ...changes,
    });
  const labelled = (i: number, labels: Record<string, string>) => {
    const bytes = new Uint8Array([0xff, 0xd8, 0xff, i & 255, i >> 8]);
    return imageMessage(bytes, { labels });
  };
  const valuesOf = ({ labels }: MonitorSummary, label: string) =>
    Object.fromEntries(labels.find((one) => one.label === label)!.values.map(({ value, count }) => [value, count]));

  it('gives every image of a stream the same chance', () => {
    const limit = 20;
    const length = 200;
    const rounds = 4000;
    const counts = new Array<number>(length).fill(0);
    for (let seed = 0; seed < rounds; seed++) {
      const reservoir = new Reservoir({ limit, seed });
      const slots: number[] = [];
      for (let n = 0; n < length; n++) {
        const slot = reservoir.offer();
        if (slot !== undefined) slots[slot] = n;
      }
      assert.equal(slots.length, limit);
      for (const n of slots) counts[n]!++;
    }
    const expected = (rounds * limit) / length;
    const chiSquare = counts.reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0);
    // 199 degrees of freedom: mean 199, deviation 20, and one in each round is not independent of the others.
    assert.ok(chiSquare < 290 && chiSquare > 110, `${chiSquare} for seeds 0 to ${rounds - 1}`);
  });

  it('knows the country of coordinates, by any name and by EXIF', async () => {
    const places: [string, number, number, string | undefined][] = [
      ['Paris', 48.8566, 2.3522, 'FR'],
      ['Tokyo', 35.6762, 139.6503, 'JP'],
      ['Nairobi', -1.2921, 36.8219, 'KE'],
      ['São Paulo', -23.5505, -46.6333, 'BR'],
      ['New York', 40.7128, -74.006, 'US'],
      ['Honolulu', 21.3069, -157.8583, 'US'],
      ['Anchorage', 61.2181, -149.9003, 'US'],
      ['Mumbai', 19.076, 72.8777, 'IN'],
      ['Sydney', -33.8688, 151.2093, 'AU'],
      ['Lagos', 6.5244, 3.3792, 'NG'],
      ['Cairo', 30.0444, 31.2357, 'EG'],
      ['Moscow', 55.7558, 37.6173, 'RU'],
      ['Mexico City', 19.4326, -99.1332, 'MX'],
      ['Singapore', 1.3521, 103.8198, 'SG'],
      ['Reykjavik', 64.1466, -21.9426, 'IS'],
      ['Cape Town', -33.9249, 18.4241, 'ZA'],
      ['Lima', -12.0464, -77.0428, 'PE'],
      ['Seoul', 37.5665, 126.978, 'KR'],
      ['Vatican', 41.9029, 12.4534, 'VA'],
      ['Pristina', 42.6629, 21.1655, 'XK'],
      ['Chukotka, beyond the antimeridian', 66.5, -175, 'RU'],
      ['Taveuni, beside the antimeridian', -16.85, 179.97, 'FJ'],
      ['Taveuni, on its other side', -16.85, -179.98, 'FJ'],
      ['Chukotka, on it', 66.5, -180, 'RU'],
      ['Atlantic', 30, -40, undefined],
      ['North Pole', 90, 0, undefined],
    ];
    for (const [name, latitude, longitude, country] of places) {
      assert.equal(countryOfCoordinates({ latitude, longitude }), country, name);
    }
    for (const text of ['KE', 'ken', 'Kenya', ' kenya ']) assert.equal(countryOfText(text), 'KE', text);
    assert.equal(countryOfText('COTE D’IVOIRE'), 'CI');
    assert.equal(countryOfText('the moon'), undefined);
    const gps = {
      GPSLatitudeRef: 'S',
      GPSLatitude: '1/1 17/1 31/1',
      GPSLongitudeRef: 'E',
      GPSLongitude: '36/1 49/1 18/1',
    };
    const blank = sharp({ create: { width: 16, height: 16, channels: 3, background: 'grey' } });
    const photo = await blank.clone().withExif({ IFD3: gps }).jpeg().toBuffer();
    const place = exifPlace(photo);
    assert.ok(typeof place === 'object');
    assert.equal(countryOfCoordinates(place), 'KE');
    assert.equal(exifPlace(await blank.clone().jpeg().toBuffer()), 'none');
    for (let i = 0; i < photo.length; i += 3) {
      const broken = Buffer.from(photo);
      broken[i]! ^= 0x55;
      // Whatever it says, it says it and does not throw.
      assert.ok(exifPlace(broken) !== undefined);
      assert.ok(exifPlace(photo.subarray(0, i)) !== undefined);
    }
  });

  it('counts countries by label, coordinates and EXIF, other labels, and what is no image', async () => {
    await bus.createTopic('mixed', { partitions: 2 });
    const gps = {
      GPSLatitudeRef: 'N',
      GPSLatitude: '48/1 51/1 0/1',
      GPSLongitudeRef: 'E',
      GPSLongitude: '2/1 21/1 0/1',
    };
    const blank = sharp({ create: { width: 16, height: 16, channels: 3, background: 'grey' } });
    const photo = await blank.withExif({ IFD3: gps }).jpeg().toBuffer();
    const reference = { content: { reference: { shard: '/nowhere', offset: 0, length: 5 } } };
    await bus.publish('mixed', [
      labelled(1, { country: 'Brazil', source: 'web' }),
      labelled(2, { country: 'BRA', source: 'web' }),
      labelled(3, { latitude: '35.68', longitude: '139.65', source: 'phone' }),
      labelled(4, { latitude: '95', longitude: '0' }),
      labelled(5, { country: 'Atlantis', gender: 'female' }),
      imageMessage(photo),
      imageMessage(photo.subarray(1), reference),
      { value: new Uint8Array() },
      { value: new Uint8Array([255, 3, 1]) },
      { value: new Uint8Array([8, 99]) },
    ]);
    const out = newOut();
    const summary = await run('mixed', { out });
    assert.deepEqual(summary.messages, {
      read: 10,
      images: 7,
      bad: { BAD_IMAGE_MESSAGE: 1, UNKNOWN_SCHEMA: 1, EMPTY: 1 },
      missed: 0,
    });
    assert.deepEqual(valuesOf(summary, 'country'), { BR: 2, FR: 1, JP: 1 });
    assert.deepEqual(valuesOf(summary, 'source'), { web: 2, phone: 1 });
    assert.deepEqual(
      summary.labels.map(({ unknown }) => unknown.count),
      [3, 4],
    );
    assert.deepEqual(Object.fromEntries(summary.located!.map(({ how, count }) => [how, count])), {
      'country-label': 2,
      'coordinate-labels': 1,
      exif: 1,
      'coordinate-labels-wrong': 1,
      'country-label-not-understood': 1,
      'only-a-reference': 1,
    });
    assert.ok(summary.otherLabels.includes('gender'));
    const brazil = summary.labels[0]!.values[0]!;
    assert.deepEqual([brazil.name, brazil.share], ['Brazil', 2 / 7]);
    assert.ok(brazil.low < 2 / 7 && brazil.high > 2 / 7);
    assert.deepEqual(JSON.parse(readFileSync(path.join(out, 'monitor.json'), 'utf8')), summary);
    const page = readFileSync(path.join(out, 'index.html'), 'utf8');
    assert.match(page, new RegExp(`<path class="c${classOf(2 / 7)}"[^>]*><title>Brazil: 28.6.%, 2 images</title>`));
    assert.match(page, /Kenya: none/);
    assert.doesNotMatch(page, /https?:\/\/(?!www\.w3\.org)/);
  });

  it('says a label as it is, and nothing that a label could make a page do', async () => {
    await bus.createTopic('nasty', { partitions: 1 });
    const nasty = '</script><script>alert(1)</script>';
    await bus.publish('nasty', [
      labelled(1, { source: nasty, __proto__: 'x' }),
      labelled(2, { source: `${'long '.repeat(500)}` }),
    ]);
    const out = newOut();
    const summary = await run('nasty', { out });
    assert.equal(valuesOf(summary, 'source')[nasty], 1);
    assert.doesNotMatch(readFileSync(path.join(out, 'index.html'), 'utf8'), /<script/);
  });

  it('keeps a bounded sample, the same for a fixed topic', async () => {
    await bus.createTopic('many', { partitions: 3 });
    const messages = Array.from({ length: 3000 }, (_, i) => ({
      ...labelled(i, { country: i % 4 === 0 ? 'NG' : 'IN', source: `camera ${i % 7}` }),
      partition: i % 3,
    }));
    await bus.publish('many', messages);
    const one = await run('many', { limit: 400 });
    const again = await run('many', { limit: 400 });
    assert.deepEqual(again.labels, one.labels);
    assert.deepEqual([one.sample.size, one.messages.images], [400, 3000]);
    const nigeria = one.labels[0]!.values.find(({ value }) => value === 'NG')!;
    assert.ok(nigeria.low <= 0.25 && nigeria.high >= 0.25, JSON.stringify(nigeria));
    assert.notDeepEqual((await run('many', { limit: 400, seed: 2 })).labels, one.labels);
  });

  it('takes two bytes a label of an image, however many there are', () => {
    const sample = new StreamSample({ limit: 200_000, seed: 1, labels: ['country', 'source', 'licence'] });
    const values = Array.from(
      { length: 50 },
      (_, i) => labelled(i, { country: 'DE', source: `${i}`, licence: 'CC0' }).value,
    );
    const before = process.memoryUsage().arrayBuffers;
    for (let i = 0; i < 250_000; i++) sample.add(values[i % 50]!);
    assert.equal(sample.reservoir.size, 200_000);
    // Four columns, one of them for how the country is known.
    assert.ok(process.memoryUsage().arrayBuffers - before < 200_000 * 4 * 2 * 1.5 + 2 ** 22);
  });

  it('goes on after kill -9 with the numbers of a run that was not killed, and follows what comes in', async function () {
    this.timeout(60_000);
    await bus.createTopic('growing', { partitions: 2 });
    const publish = (first: number, count: number) =>
      bus.publish(
        'growing',
        Array.from({ length: count }, (_, i) => ({
          ...labelled(first + i, { country: (first + i) % 3 === 0 ? 'PE' : 'FI' }),
          partition: (first + i) % 2,
        })),
      );
    await publish(0, 500);
    const out = newOut();
    const args = [
      'monitor',
      '--topic',
      'growing',
      '--out',
      out,
      '--sample',
      '100',
      '--seed',
      '5',
      '--bus-folder',
      folder,
    ];
    const start = (...more: string[]) =>
      spawn(process.execPath, [command, ...args, ...more], { stdio: ['ignore', 'ignore', 'inherit'] });
    const killed = start('--follow', '--every', '0.1');
    const read = () => (existsSync(path.join(out, 'monitor.json')) ? summaryOf(out).messages.read : 0);
    while (read() < 500) await sleep(50);
    await publish(500, 300);
    while (read() < 800) await sleep(50);
    killed.kill('SIGKILL');
    await once(killed, 'exit');
    await publish(800, 200);
    const last = start('--json');
    const [code] = await once(last, 'exit');
    assert.equal(code, 0);
    const { messages, partitions, sample } = summaryOf(out);
    assert.deepEqual([messages.read, messages.images, sample.size], [1000, 1000, 100]);
    assert.deepEqual(
      partitions,
      [0, 1].map((partition) => ({ partition, first: 0, next: 500, missed: 0 })),
    );
    const other = await run('growing', { out, limit: 50 }).catch((error: Error & { code: string }) => error);
    assert.ok(other instanceof Error && 'code' in other && other.code === 'MONITOR_STATE_DIFFERS');
  });

  it('says how many messages it missed, because retention was faster', async () => {
    await bus.createTopic('short', { partitions: 1 });
    const messages = Array.from({ length: 30 }, (_, i) => labelled(i, { country: 'SE' }));
    await bus.publish('short', messages.slice(0, 10));
    const out = newOut();
    await run('short', { out });
    await bus.publish('short', messages.slice(10));
    await bus.deleteBefore('short', { partition: 0, offset: 25 });
    const { messages: found, partitions } = await run('short', { out });
    assert.deepEqual([found.read, found.missed], [15, 15]);
    assert.deepEqual(partitions, [{ partition: 0, first: 0, next: 30, missed: 15 }]);
  });

  it('reads from Kafka', async function () {
    if (whyNoKafka() !== undefined) this.skip();
    this.timeout(60_000);
    const cluster = await KafkaCluster.start();
    const kafka = await openKafkaBus({ brokers: cluster.addresses });
    try {
      await kafka.createTopic('images', { partitions: 2 });
      await kafka.publish(
        'images',
        Array.from({ length: 100 }, (_, i) => labelled(i, { country: i < 40 ? 'CL' : 'KR' })),
      );
      const summary = await run('images', { bus: kafka });
      assert.deepEqual(valuesOf(summary, 'country'), { KR: 60, CL: 40 });
      assert.equal(summary.status, 'complete');
    } finally {
      await kafka.close();
      await cluster.stop();
    }
  });
});

function summaryOf(out: string): MonitorSummary {
  return JSON.parse(readFileSync(path.join(out, 'monitor.json'), 'utf8'));
}
