/** The API as other languages and tools see it: the example in Python with generated stubs, and grpcurl by reflection. */
import assert from 'node:assert/strict';
import { execFile, spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { preparePython } from '../../bench/python.ts';
import { startTrainedServer, type TrainedServer } from './trained-server.ts';

const run = promisify(execFile);
const root = path.join(import.meta.dirname, '..', '..');

describe('the API for others', function () {
  this.timeout(300_000);
  let server: TrainedServer;

  before(async () => {
    server = await startTrainedServer();
  });
  after(() => server.close());

  describe('docs/examples/api_client.py', () => {
    it('trains, embeds and searches with stubs that are generated from the protocol', async function () {
      const requirements = path.join(root, 'docs', 'examples', 'requirements.txt');
      const prepared = await preparePython({
        folder: path.join(import.meta.dirname, '.python'),
        requirements,
        onProgress: () => undefined,
      }).catch((error: Error) => error);
      // Without Python or a package index.
      if (prepared instanceof Error) {
        console.log(`    ${prepared.message}`);
        return this.skip();
      }
      const { python } = prepared;
      const stubs = path.join(server.place.root, 'stubs');
      mkdirSync(stubs);
      const protos = path.join(root, 'protos');
      const files = readdirSync(path.join(protos, 'auspex', 'v1')).map((name) =>
        path.join(protos, 'auspex', 'v1', name),
      );
      const out = [`--python_out=${stubs}`, `--grpc_python_out=${stubs}`];
      await run(python, [
        ...['-m', 'grpc_tools.protoc', '-I', protos, ...out, ...files],
        path.join(protos, 'google', 'rpc', 'status.proto'),
      ]);
      const example = path.join(root, 'docs', 'examples', 'api_client.py');
      const options = { env: { ...process.env, PYTHONPATH: stubs } };
      const photos = path.join(server.place.root, 'photos');
      const { stdout } = await run(
        python,
        [example, server.address, photos, 'training.iterations=4', 'training.batchSize=4', 'data.heldOutShare=0'],
        options,
      );
      const pairs = [...stdout.matchAll(/^(\S+) is most like (\S+) \(/gm)];
      assert.equal(pairs.length, server.photos.length, stdout);
      for (const [, photo, other] of pairs) assert.notEqual(photo, other);

      await assert.rejects(run(python, [example, server.address, '/etc'], options), (error: { stderr: string }) => {
        assert.match(error.stderr, /^OUTSIDE_ROOTS: /);
        return true;
      });
    });
  });

  describe('grpcurl', () => {
    let grpcurl: string;
    before(function () {
      const found = ['grpcurl', path.join(os.homedir(), 'go', 'bin', 'grpcurl')].find(
        (program) => spawnSync(program, ['-version']).status === 0,
      );
      if (found === undefined) this.skip();
      grpcurl = found;
    });

    async function call(...args: string[]): Promise<string> {
      return (await run(grpcurl, ['-plaintext', ...args])).stdout;
    }

    it('finds services and their messages by reflection', async () => {
      const services = (await call(server.address, 'list')).trim().split('\n');
      for (const name of ['Job', 'Embedding', 'Search', 'Evaluation', 'Checkpoint']) {
        assert.ok(services.includes(`auspex.v1.${name}Service`), services.join());
      }
      assert.match(await call(server.address, 'describe', 'auspex.v1.JobStatus'), /JobState state = \d+;/);
    });

    it('calls methods, and is told the stable code of what goes wrong', async () => {
      const { jobs } = JSON.parse(await call(server.address, 'auspex.v1.JobService/ListJobs'));
      assert.ok(
        jobs.some(({ id, state }: { id: string; state: string }) => id === 'run' && state === 'JOB_STATE_SUCCEEDED'),
      );
      await assert.rejects(
        call('-d', '{"id":"nobody"}', server.address, 'auspex.v1.JobService/GetJob'),
        (error: { stderr: string }) => {
          assert.match(error.stderr, /Code: NotFound/);
          return true;
        },
      );
    });

    it('is told that the server is well', async () => {
      const { status } = JSON.parse(await call(server.address, 'grpc.health.v1.Health/Check'));
      assert.equal(status, 'SERVING');
      const check = ['-d', '{"service":"auspex.v1.JobService"}', server.address, 'grpc.health.v1.Health/Check'];
      assert.equal(JSON.parse(await call(...check)).status, 'SERVING');
    });
  });
});
