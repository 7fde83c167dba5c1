/** What a worker does in moments that real coordinators rarely hit: one worker, and a coordinator whose part the test plays. */
import assert from 'node:assert/strict';
import { mkdirSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { checkpoint } from '../../actors/checkpoint.ts';
import { gpuWorker } from '../../actors/gpu-worker.ts';
import type { GpuWorkerMessage, ShardCoordinatorMessage, Told } from '../../actors/messages.ts';
import { type ActorRef, ActorSystem } from '../../actors/runtime/index.ts';
import type { ResolvedConfig } from '../../training/config/config.ts';
import { temporaryFolder, tinyConfig, writePhotos } from '../training/tiny-training.ts';

describe('a worker', () => {
  const temporary = temporaryFolder();
  const photos = path.join(temporary.path, 'photos');
  let stage: Stage;
  before(() => writePhotos(photos, 20));
  afterEach(() => stage.close());
  after(() => temporary.remove());

  it('copies for a checkpoint as soon as its part of a measurement is over', async () => {
    const saves = path.join(temporary.path, 'saves');
    mkdirSync(saves);
    stage = new Stage(tinyConfig(photos, path.join(temporary.path, 'run')));
    await stage.form();
    stage.tell({ kind: 'measure', world: 1, step: 0 });
    stage.tell({ kind: 'save', world: 1, step: 0, folder: saves });
    await stage.until('saved');
    const kinds = stage.told.map(({ kind }) => kind);
    assert.deepEqual(kinds.slice(kinds.indexOf('measured')), ['measured', 'copied', 'saved']);
    assert.deepEqual(readdirSync(saves).sort(), ['replicated.safetensors', 'shard-00000-of-00001.safetensors']);
  });
});

/** A worker, and what it tells its coordinator. */
class Stage {
  readonly told: ShardCoordinatorMessage[] = [];
  readonly #system = new ActorSystem({ name: 'stage' });
  readonly #worker: ActorRef<GpuWorkerMessage>;
  readonly #config: ResolvedConfig;
  #failure: Error | undefined;
  #wake: () => void = () => {};

  constructor(config: ResolvedConfig) {
    this.#config = config;
    this.#system.subscribe((event) => {
      if (event.kind !== 'actorFailed') return;
      this.#failure = event.error;
      this.#wake();
    });
    const writer = this.#system.spawn('checkpoint', checkpoint);
    const options = { hostId: 'here', host: '127.0.0.1', checkpoint: writer, onDismissed: () => {} };
    this.#worker = this.#system.spawn('worker', gpuWorker(options), { restarts: { maximum: 0, withinMs: 1 } });
    const coordinator = this.#system.spawn<null, ShardCoordinatorMessage>('coordinator', {
      start: () => null,
      receive: (_, message) => {
        this.told.push(message);
        this.#wake();
        return null;
      },
    });
    this.tell({ kind: 'enlist', coordinator });
  }

  tell(message: GpuWorkerMessage): void {
    this.#worker.tell(message);
  }

  /** The first message of a kind. @throws what the worker has ended by */
  async until<Kind extends ShardCoordinatorMessage['kind']>(kind: Kind): Promise<Told<Kind>> {
    for (;;) {
      const found = this.told.find((message) => message.kind === kind);
      if (found) return found as Told<Kind>;
      if (this.#failure) throw this.#failure;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  /** The worker becomes the one rank of a world, which begins at step 0. */
  async form(): Promise<void> {
    this.tell({ kind: 'prepare', config: this.#config });
    await this.until('prepared');
    const shared = { transport: 'shared-memory', meetBy: 'shared-memory' } as const;
    const from = { step: 0, position: null, checkpoint: null };
    const assignment = { world: 1, rank: 0, worldSize: 1, ...shared, config: this.#config, total: 8, from };
    this.tell({ kind: 'form', assignment });
    const { address } = await this.until('opened');
    this.tell({ kind: 'connect', world: 1, addresses: [address] });
    await this.until('ready');
  }

  async close(): Promise<void> {
    await this.#system.stop();
  }
}
