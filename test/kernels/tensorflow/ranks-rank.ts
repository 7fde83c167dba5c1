/** One rank of ranks.test.ts: trains until another rank is gone, and then alone. */
import { rankMain } from '../../../bench/rank-process.ts';
import { CollectiveError } from '../../../kernels/errors.ts';
import { visibleGpu } from '../../../kernels/tensorflow/device.ts';
import { SHARDED } from '../../../program/shard.ts';
import { STEP } from '../../../program/training-step.ts';
import type { ResolvedConfig } from '../../../training/config/config.ts';
import { openRankDevice } from '../../../training/device.ts';
import { madeUpCrops } from '../../../training/profile/crop-source.ts';
import { Rank, type RankOptions, type Trust } from '../../../training/rank.ts';
import { compileLarc } from '../../../training/rank-step.ts';

export interface RanksArguments {
  readonly config: ResolvedConfig;
  readonly transport: RankOptions['transport'];
  /** How the last rank leaves after two steps. */
  readonly leaves: 'killed' | 'aborts';
}

export interface RanksResult {
  readonly losses: number[];
  /** Of the step that could not be taken. */
  readonly code: string | undefined;
  readonly message: string;
  readonly seconds: number;
  /** Of a first step alone, on the same device. */
  readonly alone: number;
}

const STEPS = 2;

rankMain<RanksArguments, RanksResult>(async ({ rank, size, args, meet }) => {
  const { config, transport, leaves } = args;
  // As the launcher does it: every rank sees its own GPU.
  process.env['CUDA_VISIBLE_DEVICES'] = visibleGpu(rank) ?? '';
  const device = await openRankDevice(config);

  async function open(
    of: { rank: number; size: number },
    meet: (address: Uint8Array) => Promise<readonly Uint8Array[]>,
  ) {
    const opened = Rank.open({ config, rank: of.rank, worldSize: of.size, transport, threads: 1, device });
    await opened.connect(await meet(opened.communicator.address), null);
    const larc = compileLarc(config, opened.layers.length).allocate(opened.communicator);
    const trust = async (norms: Float32Array, loss: number): Promise<Trust> => {
      larc.write(SHARDED.norms, norms);
      larc.write(STEP.loss, Float32Array.of(loss));
      await larc.run();
      return { ratios: larc.read(STEP.ratios), applied: larc.read(STEP.applied)[0] === 1 };
    };
    const crops = madeUpCrops(config, of.size);
    const step = async () => (await opened.step(Float32Array.of(0.1, 0), (await crops.next()).crops, trust)).loss;
    return { opened, step };
  }

  const { opened, step } = await open({ rank, size }, meet);
  const losses: number[] = [];
  for (let index = 0; index < STEPS; index++) losses.push(await step());
  if (rank === size - 1) {
    if (leaves === 'aborts') opened.abort('it has had enough');
    // After what is reported has been read.
    setTimeout(() => process.kill(process.pid, 'SIGKILL'), 200);
    return { losses, code: undefined, message: '', seconds: 0, alone: 0 };
  }
  const begin = performance.now();
  const error = await step().then(
    () => step(),
    (failure: unknown) => failure,
  );
  const seconds = (performance.now() - begin) / 1000;
  opened.close();
  const again = await open({ rank: 0, size: 1 }, async (address) => [address]);
  const alone = await again.step();
  again.opened.close();
  const code = error instanceof CollectiveError ? error.code : undefined;
  return { losses, code, message: String(error), seconds, alone };
});
