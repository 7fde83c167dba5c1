/** `npm run bench -- monitor`: the memory of the data monitor's sample of ten million images with three labels, and how fast it fills. */
import { Option } from 'commander';
import { StreamSample } from '../data/monitor/stream-sample.ts';
import { encodeImage } from '../data/topics/image-message.ts';
import { parseCount } from '../services/cli/options/arguments.ts';
import { type Bench, compare } from './bench.ts';

interface MonitorBenchOptions {
  readonly images: number;
}

const LABELS = ['country', 'source', 'licence'];
/** MB that the sample may take. */
const BOUND = 500;

export const monitor: Bench<MonitorBenchOptions> = {
  name: 'monitor',
  description: "resident memory with the data monitor's sample in it, against its bound: MB",
  options: [new Option('--images <count>', 'in the sample').default(10_000_000).argParser(parseCount)],
  async run({ images }) {
    const values = Array.from({ length: 500 }, (_, i) => {
      const labels = { country: ['DE', 'US', 'IN'][i % 3]!, source: `camera ${i}`, licence: 'CC0' };
      const reference = { shard: '/archive/0.tar', offset: i, length: 1 };
      return encodeImage({ name: `${i}`, sha256: new Uint8Array(32), content: { reference }, labels });
    });
    const sample = new StreamSample({ limit: images, seed: 1, labels: LABELS });
    const begin = performance.now();
    for (let i = 0; i < 1.05 * images; i++) sample.add(values[i % values.length]!);
    const perSecond = (1.05 * images) / ((performance.now() - begin) / 1000);
    const megabytes = process.memoryUsage.rss() / 1e6;
    const figures = { ours: megabytes, peer: BOUND, peerName: 'its bound', unit: 'MB' };
    const row = compare({
      case: `${sample.reservoir.size} images, ${LABELS.length} labels`,
      ...figures,
      better: 'less',
    });
    return [{ ...row, note: `${perSecond.toFixed(0)} messages/s` }];
  },
};
