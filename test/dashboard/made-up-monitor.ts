/** A data monitor's folder, from a topic of made-up messages. */

import type { MessageBus } from '../../services/bus/message-bus.ts';
import { monitor } from '../../services/monitor/monitor.ts';
import { imageMessage } from '../topics/publish-images.ts';

const COUNTRIES = ['US', 'US', 'US', 'IN', 'IN', 'BR', 'BR', 'DE', 'GB', 'NG', 'KE', 'JP', 'ID', 'MX', 'FR'];
const SOURCES = ['mobile', 'mobile', 'web', 'archive'];

export async function makeMonitor(bus: MessageBus, out: string, messages: number, hostile?: string): Promise<void> {
  await bus.createTopic('images', { partitions: 2 });
  const labelled = Array.from({ length: messages }, (_, i) => {
    const source = hostile ?? SOURCES[(i * 7) % SOURCES.length]!;
    const labels = { ...(i % 9 > 0 && { country: COUNTRIES[(i * 13) % COUNTRIES.length]! }), source };
    return { ...imageMessage(Buffer.from(`image ${i}`), { labels }), partition: i % 2 };
  });
  await bus.publish('images', labelled);
  await monitor({
    ...{ bus, name: 'images', topic: 'embedded:images', out, labels: ['country', 'source'] },
    ...{ limit: 100_000, seed: 0, follow: false, every: 10, signal: new AbortController().signal },
  });
}
