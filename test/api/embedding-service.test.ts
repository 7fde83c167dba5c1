/** EmbeddingService of a real server, held against what the library computes itself. */
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { status } from '@grpc/grpc-js';
import { embedImages, loadEncoder, openImageFolder } from '../../index.ts';
import { startTrainedServer, type TrainedServer } from './trained-server.ts';

const SIZE = 32;

describe('EmbeddingService', function () {
  this.timeout(120_000);
  let server: TrainedServer;
  /** Features of each photo by its name. */
  const expected = new Map<string, Float32Array>();

  before(async () => {
    server = await startTrainedServer('--maximum-image', '1', '--encoders', '1');
    const encoder = await loadEncoder(server.run, { size: SIZE, batchSize: 4 });
    const folder = await openImageFolder(path.join(server.place.root, 'photos'));
    const { features, names } = await embedImages(folder, encoder);
    for (const [row, name] of names.entries()) {
      expected.set(name, features.subarray(row * encoder.width, (row + 1) * encoder.width));
    }
  });
  after(() => server.close());

  const encoder = () => ({ checkpoint: server.run, size: SIZE });

  /** Batches of other sizes may compute in another precision: 1.4 % at most here, while the nearest two photos are 36 % apart. */
  function assertFeatures(name: string, values: readonly number[] | null | undefined): void {
    const right = expected.get(name)!;
    assert.equal(values?.length, right.length);
    const norm = Math.hypot(...right);
    const distance = Math.hypot(...right.map((value, i) => value - values![i]!));
    assert.ok(distance <= 0.05 * norm, `${name}: ${distance / norm} away`);
  }

  it('gives the features of bytes and of files, in their order', async () => {
    const images = server.photos.map(({ name, path, data }, i) => (i % 2 ? { name, data } : { name, path }));
    const { images: answers, shape } = await server.client.embeddings.embed({ encoder: encoder(), images });
    assert.deepEqual(
      answers.map(({ name }) => name),
      server.photos.map(({ name }) => name),
    );
    assert.deepEqual(shape, [expected.values().next().value!.length]);
    for (const { name, features } of answers) assertFeatures(name!, features?.values);
  });

  it('gives a map of an earlier layer', async () => {
    const { images, shape } = await server.client.embeddings.embed({
      encoder: { ...encoder(), layer: 'res4' },
      images: [{ data: server.photos[0]!.data }],
    });
    assert.equal(shape.length, 3);
    assert.equal(images[0]!.features?.values?.length, shape[0]! * shape[1]! * shape[2]!);
  });

  it('says of single images why they cannot be used', async () => {
    const broken = { name: 'broken', data: server.photos[0]!.data.slice(0, 200) };
    const text = { name: 'text', data: new Uint8Array(Buffer.from('no image')) };
    const good = server.photos[1]!;
    const { images } = await server.client.embeddings.embed({ encoder: encoder(), images: [broken, good, text] });
    assert.ok(images[0]!.problem?.code);
    assertFeatures(good.name, images[1]!.features?.values);
    assert.ok(images[2]!.problem?.message);
  });

  it('streams any number in the order in which they were sent', async () => {
    const numImages = 300;
    const photo = (i: number) => server.photos[i % server.photos.length]!;
    async function* requests() {
      yield { encoder: encoder() };
      for (let i = 0; i < numImages; i++) yield { image: { name: String(i), data: photo(i).data } };
    }
    const names: string[] = [];
    for await (const { shape, image } of server.client.embeddings.embedStream(requests())) {
      if (shape) assert.deepEqual(shape.extents, [expected.values().next().value!.length]);
      if (!image) continue;
      assertFeatures(photo(names.length).name, image.features?.values);
      names.push(image.name!);
    }
    assert.deepEqual(
      names,
      Array.from({ length: numImages }, (_, i) => String(i)),
    );
  });

  it('answers what is ready while the next request is long in coming', async () => {
    let answered: () => void = () => undefined;
    const first = new Promise<void>((resolve) => {
      answered = resolve;
    });
    async function* requests() {
      yield { encoder: encoder() };
      yield { image: { name: 'first', data: server.photos[0]!.data } };
      await first;
      yield { image: { name: 'second', data: server.photos[1]!.data } };
    }
    const names: string[] = [];
    for await (const { image } of server.client.embeddings.embedStream(requests())) {
      if (image) names.push(image.name!);
      if (image) answered();
    }
    assert.deepEqual(names, ['first', 'second']);
  });

  it('refuses what it cannot do, with standard codes', async () => {
    const image = { data: server.photos[0]!.data };
    writeFileSync(path.join(server.place.root, 'large.jpg'), new Uint8Array(2 ** 20 + 1));
    const refused: [request: object, code: string, status: number][] = [
      [{ images: [image] }, 'API_INVALID_REQUEST', status.INVALID_ARGUMENT],
      [{ encoder: encoder() }, 'API_INVALID_REQUEST', status.INVALID_ARGUMENT],
      [{ encoder: { ...encoder(), layer: 'res9' }, images: [image] }, 'API_INVALID_REQUEST', status.INVALID_ARGUMENT],
      [{ encoder: { ...encoder(), size: 5000 }, images: [image] }, 'API_INVALID_REQUEST', status.INVALID_ARGUMENT],
      [{ encoder: encoder(), images: [{}] }, 'API_INVALID_REQUEST', status.INVALID_ARGUMENT],
      [{ encoder: encoder(), images: [{ path: '/etc/passwd' }] }, 'OUTSIDE_ROOTS', status.PERMISSION_DENIED],
      [{ encoder: { checkpoint: '/etc' }, images: [image] }, 'OUTSIDE_ROOTS', status.PERMISSION_DENIED],
      [{ encoder: { checkpoint: server.place.root }, images: [image] }, 'CHECKPOINT_NOT_FOUND', status.NOT_FOUND],
      [
        { encoder: encoder(), images: [{ data: new Uint8Array(2 ** 20 + 1) }] },
        'API_INVALID_REQUEST',
        status.INVALID_ARGUMENT,
      ],
      [
        { encoder: encoder(), images: [{ path: path.join(server.place.root, 'large.jpg') }] },
        'INVALID_JOB',
        status.INVALID_ARGUMENT,
      ],
    ];
    for (const [request, code, expected] of refused) {
      await assert.rejects(
        server.client.embeddings.embed(request),
        { code, status: expected },
        JSON.stringify(request),
      );
    }
  });

  it('keeps no more encoders than it may: one that embeds stays, one that is idle makes room and comes back', async () => {
    const [photo] = server.photos;
    const other = { encoder: { ...encoder(), size: 64 }, images: [{ data: photo!.data }] };
    let isBusy = true;
    let goOn: () => void = () => undefined;
    const idle = new Promise<void>((resolve) => {
      goOn = resolve;
    });
    async function* requests() {
      yield { encoder: encoder() };
      while (isBusy) yield { image: photo };
      await idle;
      yield { image: { name: 'the last', data: photo!.data } };
    }
    const stream = server.client.embeddings.embedStream(requests());
    await stream.next();
    await stream.next();
    const busy = server.client.embeddings.embed(other);
    let [done, refused] = [false, false];
    busy.then(
      () => {
        done = true;
      },
      (error) => {
        assert.deepEqual([error.code, error.status], ['API_ENCODERS_BUSY', status.RESOURCE_EXHAUSTED]);
        refused = true;
      },
    );
    while (!done && !refused) await stream.next();
    assert.ok(refused, 'an encoder made room that was at work');
    isBusy = false;
    const rest = (async () => {
      for await (const { image } of stream) if (image?.name === 'the last') return image.features?.values;
      return undefined;
    })();
    // Answers to what is under way come first.
    for (let i = 0; ; i++) {
      const failure = await server.client.embeddings.embed(other).then(
        () => undefined,
        (error) => error,
      );
      if (!failure) break;
      assert.ok(failure.code === 'API_ENCODERS_BUSY' && i < 200, failure);
      await sleep(50);
    }
    goOn();
    assertFeatures(photo!.name, await rest);
  });

  it('goes on for others when one gives up', async () => {
    const giveUp = new AbortController();
    const images = server.photos.map(({ name, data }) => ({ name, data }));
    const given = server.client.embeddings.embed({ encoder: encoder(), images }, { signal: giveUp.signal });
    const kept = server.client.embeddings.embed({ encoder: encoder(), images });
    setTimeout(() => giveUp.abort(new Error('given up')), 5);
    await assert.rejects(given, /given up/);
    for (const { name, features } of (await kept).images) assertFeatures(name!, features?.values);
  });
});
