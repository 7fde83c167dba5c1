/** SearchService and EvaluationService of a real server: from an evaluation's features to neighbours. */
import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { status } from '@grpc/grpc-js';
import { startTrainedServer, type TrainedServer } from './trained-server.ts';

const SIZE = 32;

describe('SearchService', function () {
  this.timeout(120_000);
  let server: TrainedServer;

  before(async () => {
    server = await startTrainedServer();
    await server.evaluate('photos-features', { protocol: 'features', options: { size: SIZE } });
    await server.evaluate('photos-knn', { protocol: 'knn', options: { size: SIZE } });
  });
  after(() => server.close());

  async function build(request: object) {
    const steps = [];
    for await (const step of server.client.search.buildIndex(request)) steps.push(step);
    return steps;
  }

  it('finds each image as its own nearest neighbour, by rows and by images, exactly and by the graph', async () => {
    const last = (await build({ index: 'photos', job: 'photos-features' })).at(-1)!;
    const { count, dimension, layer, size } = last.index!;
    assert.deepEqual({ count, layer, size }, { count: server.photos.length, layer: 'pool', size: SIZE });

    const rows: { name: string; values: number[] }[] = [];
    for await (const chunk of server.client.evaluations.readFeatures({ job: 'photos-features' })) {
      for (const [i, name] of chunk.names.entries()) {
        rows.push({ name, values: chunk.values.slice(i * dimension!, (i + 1) * dimension!) });
      }
    }
    assert.deepEqual(
      rows.map(({ name }) => name).sort(),
      server.photos.map(({ name }) => name),
    );

    for (const exact of [false, true]) {
      const { queries } = await server.client.search.search({ index: 'photos', k: 3, queries: rows, exact });
      for (const [i, { neighbours }] of queries.entries()) {
        assert.equal(neighbours!.length, 3);
        assert.equal(neighbours![0]!.name, rows[i]!.name);
        assert.ok(Math.abs(neighbours![0]!.similarity! - 1) < 1e-4);
        assert.ok(neighbours![0]!.similarity! >= neighbours![1]!.similarity!);
      }
    }
    const images = [...server.photos.map(({ name, data }) => ({ name, data })), { data: new Uint8Array([1, 2, 3]) }];
    const encoder = { checkpoint: server.run, size: SIZE };
    const byImages = await server.client.search.search({ index: 'photos', encoder, images });
    for (const [i, { name }] of server.photos.entries()) {
      assert.equal(byImages.queries[i]!.neighbours![0]!.name, name);
      assert.equal(byImages.queries[i]!.neighbours!.length, 10);
    }
    assert.ok(byImages.queries.at(-1)!.problem?.code);
  });

  it('refuses what does not fit', async () => {
    await build({ index: 'photos', job: 'photos-features' });
    const { search } = server.client;
    const row = { values: [1, 2] };
    const refused: [call: () => Promise<unknown>, code: string, status: number][] = [
      [() => build({ index: 'x', job: 'photos-knn' }), 'API_INVALID_REQUEST', status.INVALID_ARGUMENT],
      [() => build({ index: 'x', job: 'nobody' }), 'JOB_NOT_FOUND', status.NOT_FOUND],
      [() => build({ index: '../x', job: 'photos-features' }), 'API_INVALID_REQUEST', status.INVALID_ARGUMENT],
      [() => build({ index: 'x', features: '/etc/passwd' }), 'OUTSIDE_ROOTS', status.PERMISSION_DENIED],
      [() => build({ index: 'x', features: server.photos[0]!.path }), 'CHECKPOINT_DAMAGED', status.DATA_LOSS],
      [() => search.search({ index: 'nobody', queries: [row] }), 'INDEX_NOT_FOUND', status.NOT_FOUND],
      [() => search.search({ index: 'photos', queries: [row] }), 'API_INVALID_REQUEST', status.INVALID_ARGUMENT],
      [() => search.search({ index: 'photos' }), 'API_INVALID_REQUEST', status.INVALID_ARGUMENT],
      [
        () => search.search({ index: 'photos', k: 5000, queries: [row] }),
        'API_INVALID_REQUEST',
        status.INVALID_ARGUMENT,
      ],
      [() => search.deleteIndex({ index: 'nobody' }), 'INDEX_NOT_FOUND', status.NOT_FOUND],
    ];
    for (const [call, code, expected] of refused) await assert.rejects(call(), { code, status: expected });
    // What cannot be the name of an index is not written down.
    assert.ok(!readFileSync(path.join(server.place.state, 'audit.jsonl'), 'utf8').includes('../x'));
    const encoder = { checkpoint: server.run, size: 64 };
    await assert.rejects(search.search({ index: 'photos', encoder, images: [{ data: server.photos[0]!.data }] }), {
      code: 'API_INVALID_REQUEST',
    });
  });

  it('replaces, lists and deletes indexes, and leaves nothing behind', async () => {
    const folder = path.join(server.place.state, 'indexes');
    for (let i = 0; i < 2; i++) await build({ index: 'photos', job: 'photos-features' });
    await build({ index: 'other', job: 'photos-features' });
    const names = async () => (await server.client.search.listIndexes({})).indexes.map(({ name }) => name);
    assert.deepEqual(await names(), ['other', 'photos']);
    await server.client.search.deleteIndex({ index: 'other' });
    assert.deepEqual(await names(), ['photos']);
    assert.deepEqual(readdirSync(folder), ['photos']);
  });

  it('says that an index is damaged, and goes on', async () => {
    await build({ index: 'broken', job: 'photos-features' });
    const graph = path.join(server.place.state, 'indexes', 'broken', 'graph.usearch');
    rmSync(graph);
    writeFileSync(graph, 'no graph');
    const queries = [{ values: Array.from({ length: 16 }, () => 1) }];
    await assert.rejects(server.client.search.search({ index: 'broken', queries }), {
      code: 'INDEX_DAMAGED',
      status: status.DATA_LOSS,
    });
    await server.client.search.deleteIndex({ index: 'broken' });
    assert.ok(!existsSync(graph));
  });

  it('tells results of evaluations', async () => {
    const { evaluations } = server.client;
    const { protocols } = await evaluations.listProtocols({});
    assert.deepEqual(
      protocols.slice(0, 2).map(({ name, defaults }) => [name, defaults?.size]),
      [
        ['features', 224],
        ['knn', 224],
      ],
    );
    const probe = protocols.find(({ name }) => name === 'linear-probe');
    assert.match(probe?.source ?? '', /Sec\. 4\.2\.5/);
    assert.deepEqual([probe?.options?.['epochs'], probe?.options?.['milestones']], ['28', '[8,16,24]']);
    const { results } = await evaluations.listResults({});
    assert.deepEqual(
      results.map(({ job }) => job),
      ['photos-knn', 'photos-features'],
    );
    const { result } = await evaluations.getResult({ job: 'photos-knn' });
    assert.equal(result?.knn?.images, server.photos.length);
    assert.deepEqual((await evaluations.listResults({ data: '/elsewhere' })).results, []);
    await assert.rejects(evaluations.getResult({ job: 'run' }), { code: 'JOB_NOT_FOUND' });
    const tail = [];
    for await (const { names } of evaluations.readFeatures({
      job: 'photos-features',
      firstRow: server.photos.length - 2,
    })) {
      tail.push(...names);
    }
    assert.equal(tail.length, 2);
  });

  it('keeps indexes over a restart, after kill -9', async () => {
    process.kill(server.pid, 'SIGKILL');
    await server.restart();
    const { indexes } = await server.client.search.listIndexes({});
    assert.deepEqual(
      indexes.map(({ name }) => name),
      ['photos'],
    );
    const encoder = { checkpoint: server.run, size: SIZE };
    const { name, data } = server.photos[3]!;
    const { queries } = await server.client.search.search({ index: 'photos', encoder, images: [{ data }] });
    assert.equal(queries[0]!.neighbours![0]!.name, name);
  });
});
