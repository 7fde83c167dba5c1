/** `auspex doctor` on this machine, with what works and with what does not. */
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Check } from '../../services/doctor/check.ts';
import { checkDestination, checkState } from '../../services/doctor/services.ts';
import { lockRunFolder } from '../../training/run/run-lock.ts';
import { CREDENTIALS, findS3Server, S3_SERVER, S3Server } from '../checkpoints/destinations/s3-server.ts';
import { keepEnvironment } from '../keep-environment.ts';
import { auspex } from '../services/cli/run.ts';

interface Report {
  readonly problems: number;
  readonly warnings: number;
  readonly checks: readonly Check[];
}

describe('doctor', () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'auspex-doctor-'));
  after(() => rmSync(folder, { recursive: true }));
  const none = { AUSPEX_BUS_FOLDER: path.join(folder, 'no-bus') };

  it('finds no problem where tests run, tells each thing once, and leaves nothing behind', () => {
    const out = path.join(folder, 'out');
    const destination = path.join(folder, 'destination');
    mkdirSync(out);
    const { code, ...result } = auspex(['doctor', '--out', out, '--destination', destination, '--json'], none);
    const report = result.json<Report>();
    assert.equal(code, 0, JSON.stringify(report));
    assert.equal(report.problems, 0);
    const names = report.checks.map(({ name }) => name);
    assert.equal(new Set(names).size, names.length);
    for (const name of ['node', 'addon', 'cores', 'memory', 'flush', 'embedded bus', 'destination'])
      assert.ok(names.includes(name), name);
    for (const { status, found, advice } of report.checks) {
      assert.doesNotMatch(found, /\n/);
      assert.equal(advice === null, status === 'ok');
    }
    assert.deepEqual([readdirSync(out), readdirSync(destination)], [[], []]);
  });

  it('ends with 1 and says what to do where a bus is damaged, a port is taken, or no broker answers', async () => {
    const bus = path.join(folder, 'broken');
    mkdirSync(bus);
    writeFileSync(path.join(bus, 'data.mdb'), 'no store at all, but more than a few bytes of text');
    const listening = createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => listening.once('listening', resolve));
    const { port } = listening.address() as AddressInfo;
    const places = ['--bus-folder', bus, '--listen', `127.0.0.1:${port}`, '--brokers', '127.0.0.1:1'];
    const { code, stdout } = auspex(['doctor', '--out', folder, ...places]);
    await new Promise((resolve) => listening.close(resolve));
    assert.equal(code, 1);
    assert.match(stdout, /^problem {2}embedded bus: .*damaged.*\n {9}\S/m);
    assert.match(stdout, new RegExp(`^problem {2}port: 127\\.0\\.0\\.1:${port} .*EADDRINUSE`, 'm'));
    assert.match(stdout, /^problem {2}kafka: /m);
    assert.match(stdout, /^3 problems, /m);
  });

  it('says that a state is in use, and does not take it', () => {
    const state = path.join(folder, 'state');
    mkdirSync(state);
    assert.equal(checkState(state).status, 'ok');
    const lock = lockRunFolder(state);
    assert.equal(checkState(state).status, 'warning');
    assert.deepEqual(readdirSync(state), ['run.lock']);
    lock.release();
  });

  it('tries a bucket of a real S3 server, and says where there is none', async function () {
    const program = findS3Server();
    if (program === undefined) {
      console.log(`      skipped: no S3 server; go install ${S3_SERVER}`);
      return this.skip();
    }
    const server = new S3Server(program, path.join(folder, 's3'));
    await server.start();
    const settings: Readonly<Record<string, string>> = {
      ...CREDENTIALS,
      AWS_ENDPOINT_URL_S3: `http://127.0.0.1:${server.port}`,
      AWS_REGION: 'us-east-1',
      AWS_MAX_ATTEMPTS: '1',
    };
    const restoreEnvironment = keepEnvironment();
    Object.assign(process.env, settings);
    try {
      assert.equal((await checkDestination('s3://checkpoints/x')).status, 'ok');
      assert.equal((await checkDestination('s3://another')).status, 'problem');
    } finally {
      restoreEnvironment();
      await server.kill();
    }
    assert.equal((await checkDestination('ftp://nowhere')).status, 'problem');
  });
});
