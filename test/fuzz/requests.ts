/** Mutated requests to every method of a real server: each is answered, and afterwards the server is as well as before. */
import * as grpc from '@grpc/grpc-js';
import { SERVICES } from '../../services/api/contract.ts';
import { type AnyMethod, pathOf } from '../../services/api/rpc/method.ts';
import { startTrainedServer, type TrainedServer } from '../api/trained-server.ts';
import { uniform } from '../random.ts';
import { type Growth, GrowthMeter } from './memory.ts';
import { mutate, mutateValue } from './mutate.ts';

export interface RequestsReport {
  /** Answers by gRPC's status. */
  readonly statuses: Readonly<Record<string, number>>;
  readonly growth: Growth;
}

/** Calls that are under way at once. */
const AT_ONCE = 16;
/** Milliseconds after which a call counts as hung. */
const PATIENCE = 30_000;

/** Good requests by the names of their methods; where there is none, an empty one is mutated. */
function requestsOf({ run, photos, place }: TrainedServer): Readonly<Record<string, readonly object[]>> {
  const encoder = { checkpoint: run, size: 32 };
  const image = { name: 'a', data: photos[0]!.data };
  return {
    submitJob: [
      { id: 'fuzz', training: { preset: 'tiny', data: `${place.root}/photos`, set: { 'training.iterations': '1' } } },
      {
        id: 'fuzz',
        evaluation: { checkpoint: run, data: `${place.root}/photos`, protocol: 'features', options: { size: 32 } },
      },
    ],
    getJob: [{ id: 'run' }],
    listJobs: [{ pageSize: 5, states: [1, 2, 4], work: 'training', idPrefix: 'r' }],
    cancelJob: [{ id: 'fuzz' }],
    streamJobEvents: [{ id: 'run', afterSequence: 2 }],
    embed: [{ encoder, images: [image, { name: 'b', path: photos[1]!.path }] }],
    embedStream: [{ encoder }],
    buildIndex: [{ index: 'fuzz', job: 'features' }],
    search: [
      { index: 'photos', encoder, images: [image], k: 3 },
      { index: 'photos', queries: [{ values: [1, 2, 3] }], exact: true },
    ],
    deleteIndex: [{ index: 'fuzz' }],
    listResults: [{ pageSize: 3, checkpoint: run }],
    getResult: [{ job: 'features' }],
    readFeatures: [{ job: 'features', firstRow: 3 }],
    listCheckpoints: [{ run }],
    inspectCheckpoint: [{ checkpoint: run }],
    verifyCheckpoint: [{ checkpoint: run }],
    readFile: [{ checkpoint: run, file: 'state.json', offset: 10 }],
  };
}

export async function fuzzRequests(count: number, seed: number): Promise<RequestsReport> {
  const server = await startTrainedServer('--rate-limit', '1000000', '--maximum-queued', '5');
  const channel = new grpc.Client(server.address, grpc.credentials.createInsecure());
  try {
    await server.evaluate('features', { protocol: 'features', options: { size: 32 } });
    for await (const _ of server.client.search.buildIndex({ index: 'photos', job: 'features' }));
    const good = requestsOf(server);
    const targets = SERVICES.flatMap((service) =>
      Object.entries<AnyMethod>(service.methods).map(([name, method]) => ({
        path: pathOf(service, name),
        method,
        requests: good[name] ?? [{}],
      })),
    );
    const random = uniform(seed);
    const meter = new GrowthMeter(server.pid);
    const statuses: Record<string, number> = {};
    let done = 0;
    const worker = async () => {
      while (done < count) {
        const { path, method, requests } = targets[done++ % targets.length]!;
        const code = await call(channel, path, method, mutateRequest(method, requests, random));
        const name = grpc.status[code]!;
        statuses[name] = (statuses[name] ?? 0) + 1;
        meter.look(done / count);
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, worker));
    // As well as before.
    const { jobs } = await server.client.jobs.listJobs({ idPrefix: 'run' });
    if (jobs[0]?.id !== 'run') throw new Error('the server has forgotten its run');
    const { data } = server.photos[0]!;
    await server.client.embeddings.embed({ encoder: { checkpoint: server.run, size: 32 }, images: [{ data }] });
    return { statuses, growth: meter.growth() };
  } finally {
    channel.close();
    await server.close();
  }
}

/** Half of the time its bytes, else the values of its fields: those get further. */
function mutateRequest(method: AnyMethod, requests: readonly object[], random: () => number): Buffer {
  const encode = (request: unknown) => Buffer.from(method.request.encode(request).finish());
  if (random() < 0.5) return mutate(requests.map(encode), random);
  return encode(mutateValue(requests[Math.floor(random() * requests.length)], random));
}

/** @returns the status. A server that is gone, or does not answer, is an error. */
function call(client: grpc.Client, path: string, { kind }: AnyMethod, bytes: Buffer): Promise<number> {
  const pass = (value: Buffer) => value;
  return new Promise((resolve, reject) => {
    const options = { deadline: Date.now() + PATIENCE };
    const ended = ({ code, details }: grpc.StatusObject) => {
      if (code === grpc.status.UNAVAILABLE || code === grpc.status.DEADLINE_EXCEEDED) {
        reject(new Error(`${path}: ${details}; the request was ${bytes.toString('base64')}`));
      } else if (code === grpc.status.INTERNAL && details.startsWith('Something went wrong')) {
        // What a request does wrong has a code of its own.
        reject(new Error(`${path}: nobody foresaw what happened to ${bytes.toString('base64')}`));
      } else resolve(code);
    };
    const metadata = new grpc.Metadata();
    if (kind === 'unary') {
      const call = client.makeUnaryRequest(path, pass, pass, bytes, metadata, options, () => undefined);
      call.on('status', ended);
      return;
    }
    const stream =
      kind === 'serverStream'
        ? client.makeServerStreamRequest(path, pass, pass, bytes, metadata, options)
        : client.makeBidiStreamRequest(path, pass, pass, metadata, options);
    stream
      .on('status', ended)
      .on('error', () => undefined)
      .resume();
    if (kind === 'bidiStream') (stream as grpc.ClientDuplexStream<Buffer, Buffer>).end(bytes);
  });
}
