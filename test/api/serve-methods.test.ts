/** Methods of a service on a real gRPC server, and when their calls end. */
import assert from 'node:assert/strict';
import * as grpc from '@grpc/grpc-js';
import { auspex } from '#protos/auspex.js';
import { ApiError } from '../../services/api/errors.ts';
import { type Service, unary } from '../../services/api/rpc/method.ts';
import { addService, type Call } from '../../services/api/rpc/serve-methods.ts';
import { heldBy } from '../signals.ts';

const { GetJobRequest, JobStatus } = auspex.v1;

const SERVICE = {
  name: 'auspex.test.Echo',
  methods: { echo: unary('read', GetJobRequest, JobStatus) },
} as const satisfies Service;

describe('a server of methods', () => {
  let server: grpc.Server;
  let client: grpc.Client;
  let stop: AbortController;
  /** What the method does with a request of this id. */
  let handle: (id: string, call: Call) => Promise<void>;

  beforeEach(async () => {
    server = new grpc.Server();
    stop = new AbortController();
    addService(
      server,
      SERVICE,
      {
        async echo({ id }, call) {
          await handle(id, call);
          return { id };
        },
      },
      {
        callerOf: () => ({ name: 'local', role: 'admin', peer: 'here' }),
        stillAdmits: () => true,
        observer: { began: () => ({ traceparent: undefined, message: () => undefined, ended: () => undefined }) },
        signal: stop.signal,
      },
    );
    const port = await new Promise<number>((resolve, reject) => {
      const credentials = grpc.ServerCredentials.createInsecure();
      server.bindAsync('127.0.0.1:0', credentials, (error, port) => (error ? reject(error) : resolve(port)));
    });
    client = new grpc.Client(`127.0.0.1:${port}`, grpc.credentials.createInsecure());
  });
  afterEach(() => {
    client.close();
    server.forceShutdown();
  });

  function echo(id: string): { readonly answer: Promise<string>; cancel(): void } {
    let call!: grpc.ClientUnaryCall;
    const answer = new Promise<string>((resolve, reject) => {
      call = client.makeUnaryRequest(
        '/auspex.test.Echo/Echo',
        (id: string) => Buffer.from(GetJobRequest.encode({ id }).finish()),
        (bytes) => JobStatus.decode(bytes).id,
        id,
        (error, id) => (error ? reject(error) : resolve(id!)),
      );
    });
    return { answer, cancel: () => call.cancel() };
  }

  it('keeps nothing of a call that has ended', async () => {
    handle = async (id) => {
      if (id === 'bad') throw new ApiError('API_INVALID_REQUEST', 'bad');
    };
    const before = heldBy(stop.signal);
    for (let i = 0; i < 20; i++) {
      assert.equal(await echo('good').answer, 'good');
      await assert.rejects(echo('bad').answer, { code: grpc.status.INVALID_ARGUMENT });
    }
    assert.equal(heldBy(stop.signal), before);
  });

  it('tells a call that its caller has given up', async () => {
    const given = new Promise<void>((resolve) => {
      handle = async (_, { signal }) => {
        signal.addEventListener('abort', () => resolve());
        call.cancel();
        await new Promise(() => undefined);
      };
    });
    const call = echo('given up');
    await assert.rejects(call.answer, { code: grpc.status.CANCELLED });
    await given;
  });

  it('ends all calls when it ends, also one that comes afterwards', async () => {
    const begun = new Promise<void>((resolve) => {
      const open = new Set<string>();
      handle = async (id) => {
        if (open.add(id).size === 3) resolve();
        await new Promise(() => undefined);
      };
    });
    const calls = ['one', 'two', 'three'].map(echo);
    const ended = Promise.all(
      calls.map(({ answer }) => assert.rejects(answer, { code: grpc.status.UNAVAILABLE, details: 'It ends.' })),
    );
    await begun;
    stop.abort(new ApiError('API_SHUTTING_DOWN', 'It ends.'));
    await ended;
    await assert.rejects(echo('late').answer, { code: grpc.status.UNAVAILABLE, details: 'It ends.' });
  });
});
