/** The SwAV loss and its gradients; then with a queue of past embeddings, over two steps. */
import { differentiate } from '../../program/differentiate.ts';
import { onEveryExecutor } from '../kernels/executors.ts';
import { allocate, builderOf, execute, run, withOutputs } from '../program/tiny-program.ts';
import { assertClose, loadFixture } from './fixture.ts';

interface Config {
  batch: number;
  crops: number;
  temperature: number;
  eps: number;
  iters: number;
  crops_for_assign: number[];
}

interface Scalars {
  loss: number;
  alt: Partial<Config> & { loss: number };
  queue: { queue_length_per_rank: number; losses: number[] };
}

onEveryExecutor('golden: swav_loss', () => {
  const { config, scalars, tolerances, ...fixture } = loadFixture<Config, Scalars>('swav_loss');

  /** Embeddings -> scores -> codes, loss -> gradients (-> queue), from the fixture's tensors `${prefix}...`. */
  function lossProgram(prefix: string, { crops, temperature, eps, iters, crops_for_assign }: Config, queueLength = 0) {
    const builder = builderOf('swav_loss');
    const embeddingShape = fixture.tensor(`${prefix}embeddings`).shape;
    const prototypeShape = fixture.tensor(`${prefix}prototypes`).shape;
    const assignedCrops = crops_for_assign.length;
    const [rows, width] = embeddingShape as [number, number];
    const prototypes = prototypeShape[0]!;
    const embeddings = builder.value({ name: 'embeddings', role: 'input', shape: embeddingShape });
    const weight = builder.value({ name: 'prototypes', role: 'parameter', shape: prototypeShape });
    const scores = builder.value({ name: 'scores', role: 'output', shape: [rows, prototypes] });
    builder.emit('linear', {
      inputs: { input: embeddings, weight },
      outputs: { output: scores },
      attributes: { factors: 'f32' },
    });

    const queueShape = [assignedCrops, queueLength, width];
    const queue = queueLength > 0 ? builder.value({ name: 'queue', role: 'state', shape: queueShape }) : undefined;
    const queueScores =
      queue === undefined
        ? undefined
        : builder.value({ name: 'queue scores', shape: [assignedCrops * queueLength, prototypes] });
    if (queue !== undefined && queueScores !== undefined) {
      builder.emit('linear', {
        inputs: { input: queue, weight },
        outputs: { output: queueScores },
        attributes: { factors: 'f32' },
      });
    }

    const codes = builder.value({ name: 'codes', shape: [(assignedCrops * rows) / crops, prototypes] });
    const loss = builder.value({ name: 'loss', role: 'output', shape: [1] });
    const codeAttributes = { assignedCrops, crops, epsilon: eps, iterations: iters };
    const lossAttributes = { assignedCrops, crops, temperature };
    builder.emit('sinkhorn', { inputs: { scores, queueScores }, outputs: { codes }, attributes: codeAttributes });
    builder.emit('swavLoss', { inputs: { scores, codes }, outputs: { loss }, attributes: lossAttributes });
    if (queue !== undefined) {
      const applied = builder.value({ name: 'applied', role: 'input', shape: [1] });
      const attributes = { assignedCrops, crops };
      builder.emit('pushQueue', {
        phase: 'update',
        inputs: { embeddings, applied },
        outputs: {},
        updates: { queue },
        attributes,
      });
    }
    const { program, gradients } = differentiate(builder.program(), { inputs: [embeddings] });
    return withOutputs(program, gradients.values());
  }

  const variants: readonly [title: string, prefix: string, config: Config, loss: number][] = [
    ['the base configuration', '', config, scalars.loss],
    ['other sizes and temperature', 'alt.', { ...config, ...scalars.alt }, scalars.alt.loss],
  ];
  for (const [title, prefix, variant, loss] of variants) {
    it(`${title}: loss and gradients`, async () => {
      const executor = await execute(lossProgram(prefix, variant), {
        embeddings: fixture.values(`${prefix}embeddings`),
        prototypes: fixture.values(`${prefix}prototypes`),
      });
      assertClose(executor.read('loss'), [loss], tolerances['loss']!, 'loss');
      for (const name of fixture.names(`${prefix}scores`)) {
        assertClose(executor.read('scores'), fixture.values(name), tolerances['grads']!, name);
      }
      for (const name of ['embeddings', 'prototypes']) {
        const expected = fixture.values(`${prefix}grad_${name}`);
        assertClose(executor.read(`d(${name})`), expected, tolerances['grads']!, `gradient of the ${name}`);
      }
    });
  }

  it('a queue: the losses of two steps, and what is in it afterwards', async () => {
    const executor = allocate(lossProgram('', config, scalars.queue.queue_length_per_rank));
    executor.write('prototypes', fixture.values('prototypes'));
    executor.write('queue', fixture.values('queue.initial'));
    const losses: number[] = [];
    for (const name of ['embeddings', 'queue.embeddings_step1']) {
      await run(executor, { embeddings: fixture.values(name), applied: Float32Array.of(1) });
      losses.push(executor.read('loss')[0]!);
    }
    assertClose(losses, scalars.queue.losses, tolerances['loss']!, 'losses');
    assertClose(executor.read('queue'), fixture.values('queue.final'), tolerances['queue.final']!, 'queue');
  });
});
