/** Health and reflection, as anybody may ask for them. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import * as grpc from '@grpc/grpc-js';
import { service } from 'grpc-health-check';
import { stringify } from 'yaml';
import { ClientsFile, digestOfToken } from '../../services/api/access/clients.ts';
import { Gatekeeper } from '../../services/api/access/gatekeeper.ts';
import { SERVICES } from '../../services/api/contract.ts';
import { Admission } from '../../services/api/rpc/admission.ts';
import { Health } from '../../services/api/rpc/health.ts';
import { reflectionService } from '../../services/api/rpc/reflection.ts';

const REFLECTION = '/grpc.reflection.v1.ServerReflection/ServerReflectionInfo';
const token = 'auspex_right';

describe('the standard services', () => {
  let folder: string;
  let server: grpc.Server;
  let health: Health;
  let client: grpc.Client;

  before(async () => {
    folder = mkdtempSync(path.join(tmpdir(), 'auspex-standard-'));
    const file = path.join(folder, 'clients.yaml');
    const clients = [{ name: 'watcher', role: 'read', tokenSha256: digestOfToken(token) }];
    writeFileSync(file, stringify({ clients }));
    const gatekeeper = new Gatekeeper({ clients: new ClientsFile(file), callsPerSecond: 1000 });
    const unseen = { traceparent: undefined, message: () => undefined, ended: () => undefined };
    const admission = new Admission({ services: SERVICES, gatekeeper, observer: { began: () => unseen } });
    server = new grpc.Server({ interceptors: [admission.interceptor] });
    health = new Health(['auspex.v1.JobService']);
    health.addToServer(server);
    reflectionService().addToServer(server);
    const port = await new Promise<number>((resolve, reject) =>
      server.bindAsync('127.0.0.1:0', grpc.ServerCredentials.createInsecure(), (error, bound) =>
        error ? reject(error) : resolve(bound),
      ),
    );
    client = new grpc.Client(`127.0.0.1:${port}`, grpc.credentials.createInsecure());
  });
  after(() => {
    client.close();
    server.forceShutdown();
    rmSync(folder, { recursive: true });
  });

  const { Check: check, Watch: watch } = service as unknown as Record<
    'Check' | 'Watch',
    grpc.MethodDefinition<object, object>
  >;
  const statusOf = (name: string) =>
    new Promise<unknown>((resolve) =>
      client.makeUnaryRequest(
        check.path,
        check.requestSerialize,
        check.responseDeserialize,
        { service: name },
        (error, response) => resolve(error ? error.code : (response as { status: string }).status),
      ),
    );
  const watching = (name: string) =>
    client.makeServerStreamRequest(watch.path, watch.requestSerialize, watch.responseDeserialize, { service: name });
  /** An error is a status, too. */
  const ended = (call: grpc.ClientReadableStream<object>) =>
    new Promise<grpc.StatusObject>((resolve) => call.on('error', () => undefined).on('status', resolve));

  it('tell of the server and of each service whether it serves', async () => {
    assert.equal(await statusOf(''), 'NOT_SERVING');
    health.setServing(true);
    assert.equal(await statusOf('auspex.v1.JobService'), 'SERVING');
    assert.equal(await statusOf('nobody'), grpc.status.NOT_FOUND);
  });

  it('tell changes to who watches, until they give it up', async () => {
    health.setServing(true);
    const call = watching('');
    assert.deepEqual(await once(call, 'data'), [{ status: 'SERVING' }]);
    health.setServing(false);
    assert.deepEqual(await once(call, 'data'), [{ status: 'NOT_SERVING' }]);
    assert.equal(health.numWatchers, 1);
    call.cancel();
    await ended(call);
    // What comes after it on the same connection finds it gone.
    await statusOf('');
    assert.equal(health.numWatchers, 0);
  });

  it('keep nothing of services that there are not', async () => {
    for (let i = 0; i < 50; i++) {
      const call = watching(`nobody-${i}`);
      assert.deepEqual(await once(call, 'data'), [{ status: 'SERVICE_UNKNOWN' }]);
      assert.equal(health.numWatchers, 0);
      call.cancel();
      await ended(call);
    }
  });

  it('tell what services there are to those who may read', async () => {
    const list = async (metadata: grpc.Metadata) => {
      const same = (bytes: Buffer) => bytes;
      const call = client.makeBidiStreamRequest(REFLECTION, same, same, metadata);
      let received = 0;
      call.on('data', (bytes: Buffer) => {
        received += bytes.length;
      });
      const done = ended(call);
      // list_services, field 7, with an empty text.
      call.end(Buffer.from([0x3a, 0x00]));
      const { code } = await done;
      return [code, received > 0];
    };
    assert.deepEqual(await list(new grpc.Metadata()), [grpc.status.UNAUTHENTICATED, false]);
    const known = new grpc.Metadata();
    known.set('authorization', `Bearer ${token}`);
    assert.deepEqual(await list(known), [grpc.status.OK, true]);
  });
});
