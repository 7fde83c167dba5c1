/** A real server with the API, and a run that it has trained. */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type AuspexClient, connect } from '../../services/client/index.ts';
import { kill, makePlace, type Place, startApiServer, trainingJob } from '../jobs/serving.ts';

export interface TrainedServer {
  readonly place: Place;
  readonly address: string;
  readonly client: AuspexClient;
  readonly pid: number;
  /** Starts it again, where it has ended. */
  restart(): Promise<void>;
  /** Folder of the run. */
  readonly run: string;
  /** Its images. */
  readonly photos: readonly { readonly name: string; readonly path: string; readonly data: Uint8Array }[];
  /** Hands an evaluation in and waits for its end. */
  evaluate(id: string, evaluation: { protocol: string; options?: object }): Promise<void>;
  close(): Promise<void>;
}

export async function startTrainedServer(...options: string[]): Promise<TrainedServer> {
  const folder = mkdtempSync(path.join(tmpdir(), 'auspex-trained-'));
  const place = await makePlace(folder, ['--bus-folder', path.join(folder, 'bus')]);
  let { server, address } = await startApiServer(place, ...options);
  let client = connect(address);
  const { config, data, set } = trainingJob(place, 'run', 40);
  await client.jobs.submitJob({ id: 'run', training: { config, data, set } });
  const end = async (id: string) => {
    for await (const event of client.jobs.streamJobEvents({ id })) {
      if (event.failed) throw new Error(`${id}: ${event.failed.message}`);
    }
  };
  await end('run');
  const run = path.join(place.outRoot, 'run');
  const photos = path.join(place.root, 'photos');
  const names = readdirSync(photos, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.jpg'));
  return {
    place,
    get address() {
      return address;
    },
    get client() {
      return client;
    },
    get pid() {
      return server.pid!;
    },
    async restart() {
      client.close();
      await kill(server);
      ({ server, address } = await startApiServer(place, ...options));
      client = connect(address);
    },
    run,
    photos: names.sort().map((name) => {
      const file = path.join(photos, name);
      return { name, path: file, data: new Uint8Array(readFileSync(file)) };
    }),
    async evaluate(id, evaluation) {
      await client.jobs.submitJob({ id, evaluation: { checkpoint: run, data: photos, ...evaluation } });
      await end(id);
    },
    async close() {
      client.close();
      await kill(server);
      rmSync(folder, { recursive: true });
    },
  };
}
