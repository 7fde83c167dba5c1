/** Who may do what at the API of a real server. */
import assert from 'node:assert/strict';
import { type ChildProcess, execFileSync, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { connect as connectHttp2 } from 'node:http2';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { status } from '@grpc/grpc-js';
import { stringify } from 'yaml';
import { type AuspexClient, connect } from '../../services/client/index.ts';
import { makeAuthority } from '../certificates.ts';
import { kill, makePlace, type Place, startApiServer, trainingJob } from '../jobs/serving.ts';
import { command } from '../services/cli/built.ts';

describe('access to the API', function () {
  this.timeout(120_000);
  let folder: string;
  let place: Place;
  let clients: string;
  const servers: ChildProcess[] = [];
  const opened: AuspexClient[] = [];

  beforeEach(async () => {
    folder = mkdtempSync(path.join(tmpdir(), 'auspex-access-'));
    place = await makePlace(folder, ['--bus-folder', path.join(folder, 'bus')]);
    clients = path.join(folder, 'clients.yaml');
  });
  afterEach(async () => {
    for (const client of opened.splice(0)) client.close();
    for (const server of servers.splice(0)) await kill(server);
    rmSync(folder, { recursive: true });
  });

  function makeToken(name: string, role: string): string {
    const args = [command, 'token', '--clients', clients, '--name', name, '--role', role];
    return execFileSync(process.execPath, args, { encoding: 'utf8' }).trim();
  }

  async function start(...options: string[]): Promise<string> {
    const { server, address } = await startApiServer(place, ...options);
    servers.push(server);
    return address;
  }

  function dial(...args: Parameters<typeof connect>): AuspexClient {
    const client = connect(...args);
    opened.push(client);
    return client;
  }

  it('goes by tokens and their roles', async () => {
    const [read, submit] = [makeToken('watcher', 'read'), makeToken('pipeline', 'submit')];
    const address = await start('--clients', clients);
    const job = trainingJob(place, 'one', 5);
    const request = { id: 'one', training: { config: job.config, data: job.data, set: job.set } };
    const watcher = dial(address, { token: read });
    assert.deepEqual((await watcher.jobs.listJobs({})).jobs, []);
    await assert.rejects(watcher.jobs.submitJob(request), { code: 'API_FORBIDDEN', status: status.PERMISSION_DENIED });
    await dial(address, { token: submit }).jobs.submitJob(request);
    const [entry] = readFileSync(path.join(place.state, 'audit.jsonl'), 'utf8')
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    assert.deepEqual([entry.client, entry.role, entry.subject], ['pipeline', 'submit', 'one']);

    for (const token of [undefined, 'auspex_wrong', `${read}x`]) {
      await assert.rejects(dial(address, token === undefined ? {} : { token }).jobs.listJobs({}), {
        code: 'API_UNAUTHENTICATED',
        status: status.UNAUTHENTICATED,
      });
    }
  });

  it('keeps no token anywhere: the file has digests, and only its owner reads it', () => {
    const token = makeToken('pipeline', 'submit');
    assert.ok(!readFileSync(clients, 'utf8').includes(token));
    assert.equal(statSync(clients).mode & 0o077, 0);
  });

  it('ends for a token that is taken away, while the server runs', async () => {
    const token = makeToken('watcher', 'read');
    const address = await start('--clients', clients);
    const watcher = dial(address, { token });
    await watcher.jobs.listJobs({});
    const other = makeToken('watcher', 'read');
    await sleep(1100);
    await assert.rejects(watcher.jobs.listJobs({}), { code: 'API_UNAUTHENTICATED' });
    await dial(address, { token: other }).jobs.listJobs({});
    // A file that cannot be read any more changes nothing.
    writeFileSync(clients, 'nonsense');
    await sleep(1100);
    await dial(address, { token: other }).jobs.listJobs({});
  });

  it('ends the open stream of a token that is taken away, and leaves those of others', async () => {
    const [read, submit] = [makeToken('watcher', 'read'), makeToken('pipeline', 'submit')];
    const address = await start('--clients', clients);
    const job = trainingJob(place, 'long', 100_000);
    const pipeline = dial(address, { token: submit });
    await pipeline.jobs.submitJob({ id: 'long', training: { config: job.config, data: job.data, set: job.set } });
    const [watched, own] = [dial(address, { token: read }), pipeline].map(({ jobs }) =>
      jobs.streamJobEvents({ id: 'long' }),
    );
    await watched!.next();
    makeToken('watcher', 'read');
    const untilEnd = async () => {
      for await (const _ of watched!);
    };
    await assert.rejects(untilEnd(), { code: 'API_UNAUTHENTICATED', status: status.UNAUTHENTICATED });
    for (let i = 0; i < 5; i++) assert.ok(!(await own!.next()).done);
  });

  it('refuses a wrong token before it has the request', async () => {
    makeToken('watcher', 'read');
    const session = connectHttp2(`http://${await start('--clients', clients)}`);
    try {
      const call = session.request({
        ':method': 'POST',
        ':path': '/auspex.v1.EmbeddingService/Embed',
        'content-type': 'application/grpc',
        te: 'trailers',
        authorization: 'Bearer auspex_wrong',
      });
      // The head of a message of 30 MiB, of which no more comes.
      call.write(Buffer.from([0, 0x01, 0xe0, 0, 0]));
      const [headers] = await once(call, 'response');
      assert.equal(headers['grpc-status'], String(status.UNAUTHENTICATED));
    } finally {
      session.destroy();
    }
  });

  it('is limited to so many calls in a second', async () => {
    const address = await start('--rate-limit', '5');
    const { jobs } = dial(address);
    const calls = await Promise.allSettled(Array.from({ length: 20 }, () => jobs.listJobs({})));
    const refused = calls.filter(({ status }) => status === 'rejected');
    assert.ok(refused.length >= 5 && refused.length <= 15, `${refused.length} of 20 were refused`);
    await sleep(1100);
    await jobs.listJobs({});
  });

  it('goes by certificates with mutual TLS, and not without TLS', async () => {
    const ours = makeAuthority(folder, 'ours');
    const theirs = makeAuthority(folder, 'theirs');
    const [server, reader, stranger, liar] = [ours('server'), ours('reader'), ours('stranger'), theirs('reader')];
    writeFileSync(clients, stringify({ clients: [{ name: 'watcher', role: 'read', certificate: 'reader' }] }));
    const { certificateFile: cert, keyFile: key, caFile: ca } = server;
    const bound = await start('--clients', clients, '--tls-cert', cert, '--tls-key', key, '--tls-ca', ca);
    const address = bound.replace('127.0.0.1', 'localhost');
    const tlsOf = ({ certificateFile, keyFile }: typeof server) => ({ ca, certificate: certificateFile, key: keyFile });
    await dial(address, { tls: tlsOf(reader) }).jobs.listJobs({});
    await assert.rejects(dial(address, { tls: tlsOf(stranger) }).jobs.listJobs({}), { code: 'API_UNAUTHENTICATED' });
    for (const options of [{ tls: tlsOf(liar) }, { tls: { ca } }, {}]) {
      await assert.rejects(dial(address, options).jobs.listJobs({}, { timeout: 3000 }), (error: { status: number }) =>
        [status.UNAVAILABLE, status.DEADLINE_EXCEEDED].includes(error.status),
      );
    }
  });

  it('refuses messages that are too large', async () => {
    const address = await start('--maximum-message', '1');
    const set = { 'data.path': 'x'.repeat(2 ** 20) };
    await assert.rejects(dial(address).jobs.submitJob({ id: 'big', training: { set } }), {
      status: status.RESOURCE_EXHAUSTED,
    });
  });

  const wrong: [what: string, options: () => string[], code: string][] = [
    ['another address without clients', () => ['--api', '0.0.0.0:0'], 'API_INSECURE'],
    ['a file of clients that is not there', () => ['--api', '127.0.0.1:0', '--clients', clients], 'API_BAD_OPTION'],
    ['a certificate without its key', () => ['--api', '127.0.0.1:0', '--tls-cert', clients], 'USAGE'],
    [
      'a certificate that is not there',
      () => ['--api', '127.0.0.1:0', '--tls-cert', clients, '--tls-key', clients],
      'API_BAD_OPTION',
    ],
    [
      'an address that is not of this machine',
      () => ['--api', '192.0.2.1:7470', '--clients', empty()],
      'API_LISTEN_FAILED',
    ],
  ];
  const empty = () => {
    writeFileSync(clients, 'clients: []\n');
    return clients;
  };
  for (const [what, options, code] of wrong) {
    it(`does not begin with ${what}`, () => {
      const places = ['--root', place.root, '--out-root', place.outRoot, '--state', place.state];
      const args = [command, 'serve', ...place.bus, ...places, ...options()];
      const { stderr, status: exit } = spawnSync(process.execPath, args, { encoding: 'utf8', timeout: 30_000 });
      assert.match(stderr, new RegExp(`error ${code}: `));
      assert.notEqual(exit, 0);
    });
  }
});
