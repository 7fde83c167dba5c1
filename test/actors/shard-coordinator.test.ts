/** What the coordinator does in moments that real processes rarely hit: one worker that says the right things at the wrong time. */
import assert from 'node:assert/strict';
import path from 'node:path';
import { mock } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { checkpoint } from '../../actors/checkpoint.ts';
import { fingerprintOf } from '../../actors/data-fingerprint.ts';
import type { GpuWorkerMessage, ShardCoordinatorMessage } from '../../actors/messages.ts';
import { type ActorRef, ActorSystem } from '../../actors/runtime/index.ts';
import { shardCoordinator } from '../../actors/shard-coordinator.ts';
import type { DataFingerprint } from '../../actors/world.ts';
import { type ImageFolder, openImageFolder } from '../../data/image-folder.ts';
import { Rank } from '../../training/rank.ts';
import { RunRecord } from '../../training/run/run-record.ts';
import type { TrainingEvent } from '../../training/training-events.ts';
import { temporaryFolder, tinyConfig, writePhotos } from '../training/tiny-training.ts';

type Form = Extract<GpuWorkerMessage, { kind: 'form' }>;

describe('the coordinator', () => {
  const temporary = temporaryFolder();
  const photos = path.join(temporary.path, 'photos');
  let folder: ImageFolder;
  let stage: Stage;
  before(async () => {
    await writePhotos(photos, 20);
    folder = await openImageFolder(photos);
  });
  afterEach(async () => {
    await stage.close();
    mock.timers.reset();
  });
  after(() => temporary.remove());

  it('goes on from a checkpoint that was being published when a rank failed', async () => {
    stage = await Stage.open(folder, path.join(temporary.path, 'publishing'));
    const first = await stage.until('form');
    await stage.trainTo(first, 4);
    const { step, folder: into } = await stage.until('save');
    stage.write(first, into, () => {
      stage.tell({ kind: 'rankFailed', world: 1, rank: 0, step, error: new Error('a test') });
    });
    await stage.until('abandon');
    stage.tell({ kind: 'idle', worker: stage.worker, world: 1 });
    const second = await stage.until('form');
    const { from } = second.assignment;
    assert.equal(from.step, 4);
    assert.deepEqual(from.position, [4 * 8]);
    assert.match(from.checkpoint!, /step-00000004$/);
  });

  it('saves nothing of a world that was given up while it was measured', async () => {
    stage = await Stage.open(folder, path.join(temporary.path, 'measuring'), 'quality.everyIterations=4');
    const first = await stage.until('form');
    await stage.trainTo(first, 4);
    const { step } = await stage.until('measure');
    stage.tell({ kind: 'rankFailed', world: 1, rank: 0, step, error: new Error('a test') });
    stage.tell({ kind: 'measured', world: 1, step, measurement: { skipped: [] } });
    await stage.until('abandon');
    stage.tell({ kind: 'idle', worker: stage.worker, world: 1 });
    const second = await stage.until('form');
    assert.equal(second.assignment.from.step, 0);
    assert.deepEqual(stage.received('save'), []);
  });

  it('ends a process that does not leave its world', async () => {
    stage = await Stage.open(folder, path.join(temporary.path, 'stuck'));
    const first = await stage.until('form');
    await stage.trainTo(first, 2);
    stage.tell({ kind: 'rankFailed', world: 1, rank: 0, step: 2, error: new Error('a test') });
    await stage.until('abandon');
    const { dismissal } = await stage.until('dismiss');
    assert.ok(dismissal.kind === 'refused' && /did not leave world 1 within 1 s/.test(dismissal.reason));
    assert.deepEqual(stage.lost, [process.pid]);
  });

  it('lets ranks go on where a checkpoint is due by the clock and there is nothing new to save', async () => {
    stage = await Stage.open(folder, path.join(temporary.path, 'due'), 'checkpoint.everyMinutes=0.001');
    const first = await stage.until('form');
    await sleep(100);
    await stage.join(first);
    const { through } = await stage.until('proceed');
    assert.ok(through > 0, `through step ${through}`);
  });

  it('trains on where a checkpoint that is due by the clock cannot be saved, and tries again after a while', async () => {
    mock.timers.enable({ apis: ['Date'], now: Date.now() });
    const set = ['checkpoint.everyMinutes=1', 'checkpoint.everyIterations=null', 'ranks.collectiveTimeout=1000'];
    stage = await Stage.open(folder, path.join(temporary.path, 'full'), ...set, 'quality.everyIterations=2');
    const first = await stage.until('form');
    await stage.join(first);
    mock.timers.tick(60_000);
    stage.train(first, 1, 2);
    assert.equal((await stage.measure()).step, 2);
    const save = await stage.until('save');
    assert.equal(save.step, 2);
    stage.tell({ kind: 'saveFailed', world: 1, rank: 0, folder: save.folder, message: 'no space is left' });
    stage.train(first, 3, 4);
    assert.equal((await stage.measure()).step, 4);
    assert.equal((await stage.until('proceed', 'measure', 'save')).kind, 'proceed');
    mock.timers.tick(5000);
    stage.train(first, 5, 6);
    assert.equal((await stage.measure()).step, 6);
    assert.equal((await stage.until('save')).step, 6);
  });

  it('hears nothing of what a rank still writes for a checkpoint that was given up', async () => {
    mock.timers.enable({ apis: ['Date'], now: Date.now() });
    const set = ['checkpoint.everyIterations=null', 'ranks.collectiveTimeout=1000'];
    stage = await Stage.open(folder, path.join(temporary.path, 'late'), ...set);
    const first = await stage.until('form');
    await stage.trainTo(first, 8);
    await stage.measure();
    const late = { world: 1, rank: 0, folder: (await stage.until('save')).folder };
    stage.tell({ kind: 'saveFailed', ...late, message: 'no space is left' });
    assert.match(await stage.warning(), /step 8 could not be saved and is tried again: no space is left/);
    mock.timers.tick(5000);
    const { folder: into } = await stage.until('save');
    stage.tell({ kind: 'saved', ...late, files: [] });
    stage.tell({ kind: 'saveFailed', ...late, message: 'no space is left' });
    stage.write(first, into);
    assert.equal((await stage.until('dismiss')).dismissal.kind, 'finished');
    assert.equal(stage.warnings.length, 1);
  });

  it('settles one precision for all ranks: bf16 only where every processor is quick in it', async () => {
    stage = await Stage.open(folder, path.join(temporary.path, 'precision'), 'training.precision=auto');
    const precision = async () => (await stage.until('form')).assignment.config.training.precision;
    assert.equal(await precision(), 'fp32');
    stage.prepared({ hasBf16: true });
    stage.tell({ kind: 'rankFailed', world: 1, rank: 0, step: 0, error: new Error('a test') });
    await stage.until('abandon');
    stage.tell({ kind: 'idle', worker: stage.worker, world: 1 });
    assert.equal(await precision(), 'bf16');
  });

  it('gives a world up in which no rank gets any further', async () => {
    stage = await Stage.open(folder, path.join(temporary.path, 'silent'));
    const first = await stage.until('form');
    await stage.trainTo(first, 2);
    const { reason } = await stage.until('abandon');
    assert.match(reason, /no rank told of a step for 1 s/);
  });
});

/** A coordinator with a run, and one worker whose part the test plays. */
class Stage {
  readonly lost: number[] = [];
  readonly worker: ActorRef<GpuWorkerMessage>;
  readonly #system = new ActorSystem({ name: 'stage' });
  readonly #coordinator: ActorRef<ShardCoordinatorMessage>;
  readonly #record: RunRecord;
  readonly #rank: Rank;
  readonly #fingerprint: DataFingerprint;
  readonly #received: GpuWorkerMessage[] = [];
  readonly #events: TrainingEvent[] = [];
  #wake: () => void = () => {};

  private constructor(record: RunRecord, fingerprint: DataFingerprint, rank: Rank) {
    this.#record = record;
    this.#rank = rank;
    const behaviour = shardCoordinator({
      ...{ ranks: { minimum: 1, maximum: 1 }, record, fingerprint },
      onEvent: (event) => {
        this.#events.push(event);
        this.#wake();
      },
      onLost: ({ pid }) => this.lost.push(pid),
      onEnd: () => {},
    });
    this.#coordinator = this.#system.spawn('coordinator', behaviour);
    this.worker = this.#system.spawn<null, GpuWorkerMessage>('worker', {
      start: () => null,
      receive: (_, message) => {
        this.#received.push(message);
        this.#wake();
        return null;
      },
    });
    this.#fingerprint = fingerprint;
    this.tell({ kind: 'enlist', worker: this.worker, hostId: 'here', pid: process.pid });
    this.prepared({ hasBf16: false });
  }

  /** The worker has its images, and a processor like this. */
  prepared({ hasBf16 }: { hasBf16: boolean }): void {
    this.tell({ kind: 'prepared', worker: this.worker, fingerprint: this.#fingerprint, hasBf16 });
  }

  static async open(folder: ImageFolder, out: string, ...more: string[]): Promise<Stage> {
    const set = ['checkpoint.everyIterations=4', 'ranks.collectiveTimeout=1', ...more];
    const config = tinyConfig(folder.root, out, ...set);
    const rank = Rank.open({ config, rank: 0, worldSize: 1, transport: 'shared-memory', threads: 1 });
    await rank.connect([rank.communicator.address], null);
    return new Stage(await RunRecord.open({ config, folder, out, resume: false }), await fingerprintOf(folder), rank);
  }

  tell(message: ShardCoordinatorMessage): void {
    this.#coordinator.tell(message);
  }

  /** The next message of one of these kinds; those before it are passed over. */
  async until<Kind extends GpuWorkerMessage['kind']>(
    ...kinds: Kind[]
  ): Promise<Extract<GpuWorkerMessage, { kind: Kind }>> {
    for (;;) {
      const at = this.#received.findIndex(({ kind }) => (kinds as string[]).includes(kind));
      if (at >= 0) return this.#received.splice(0, at + 1).at(-1) as Extract<GpuWorkerMessage, { kind: Kind }>;
      await this.#news();
    }
  }

  #news(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = resolve;
    });
  }

  /** Messages of a kind that nobody has asked for yet. */
  received(kind: GpuWorkerMessage['kind']): GpuWorkerMessage[] {
    return this.#received.filter((message) => message.kind === kind);
  }

  async join({ assignment }: Form): Promise<void> {
    const { world, rank } = assignment;
    const { layouts, plan, communicator } = this.#rank;
    const memory = { arenaBytes: plan.arenaBytes, persistentBytes: plan.persistentBytes };
    this.tell({ kind: 'opened', world, rank, address: communicator.address, memory, layouts, layers: [] });
    await this.until('connect');
    this.tell({ kind: 'ready', world, rank });
  }

  /** Joins the world and tells of steps. */
  async trainTo(form: Form, last: number): Promise<void> {
    await this.join(form);
    this.train(form, 1, last);
  }

  train({ assignment }: Form, first: number, last: number): void {
    const { world, rank } = assignment;
    for (let step = first; step <= last; step++) {
      const times = {
        seconds: 0.01,
        waitingForData: 0,
        running: 0.01,
        waitingForRanks: 0,
        communicating: 0,
        exposed: 0,
      };
      const batch = { start: [8 * (step - 1)], position: [8 * step], names: [], skipped: [], digest: '' };
      const outcome = {
        loss: 1,
        applied: true,
        alarms: [],
        prototypeUse: new Float32Array(20),
        norms: new Float32Array(2),
        ratios: new Float32Array(2),
      };
      this.tell({ kind: 'stepDone', world, rank, report: { step, ...batch, ...outcome, times } });
    }
  }

  get warnings(): string[] {
    return this.#events.flatMap((event) => (event.kind === 'warning' ? [event.message] : []));
  }

  /** The first one. */
  async warning(): Promise<string> {
    while (this.warnings.length === 0) await this.#news();
    return this.warnings[0]!;
  }

  /** Measures when it is told to. @returns what it was told */
  async measure(): Promise<Extract<GpuWorkerMessage, { kind: 'measure' }>> {
    const told = await this.until('measure');
    this.tell({ kind: 'measured', world: told.world, step: told.step, measurement: { skipped: [] } });
    return told;
  }

  /** Writes the shard and tells of it; in the same breath the rank may tell of more. */
  write({ assignment }: Form, folder: string, then: () => void = () => {}): void {
    const { world, rank, worldSize } = assignment;
    const relay = this.#system.spawn<null, ShardCoordinatorMessage>('relay', {
      start: () => null,
      receive: (_, message) => {
        this.tell(message);
        then();
        return null;
      },
    });
    const snapshot = this.#rank.snapshot();
    const writer = this.#system.spawn('checkpoint', checkpoint);
    writer.tell({ kind: 'save', world, folder, rank, worldSize, snapshot, metadata: {}, coordinator: relay });
  }

  async close(): Promise<void> {
    await this.#system.stop();
    await this.#record.close('stopped');
    this.#rank.close();
  }
}
