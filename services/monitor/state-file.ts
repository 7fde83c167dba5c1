/**
 * DIR/state: what a monitoring needs to go on where it ended. A safetensors file: one vector of 16-bit codes for each label,
 * and everything else as JSON in its header. It is replaced as a whole, so that sample and offsets always belong together.
 */
import { existsSync } from 'node:fs';
import { z } from 'zod';
import { CheckpointError } from '../../checkpoints/errors.ts';
import { openSafetensors, type TensorSource, writeSafetensors } from '../../checkpoints/safetensors.ts';
import { Column } from '../../data/monitor/column.ts';
import { Dictionary } from '../../data/monitor/dictionary.ts';
import { columnNames, StreamSample } from '../../data/monitor/stream-sample.ts';
import { messageOf } from '../../errors.ts';
import { MonitorError } from './errors.ts';
import { type Monitoring, type MonitorOptions, newMonitoring } from './monitoring.ts';

const FORMAT = 1;
const KEY = 'auspex-monitor';

const count = z.int().nonnegative();
const Header = z.object({
  format: z.literal(FORMAT),
  topic: z.string(),
  labels: z.array(z.string()),
  limit: count,
  seed: count,
  offered: count,
  bad: z.object({ BAD_IMAGE_MESSAGE: count, UNKNOWN_SCHEMA: count, EMPTY: count }),
  seenLabels: z.array(z.string()),
  coverage: z.array(z.object({ partition: count, first: count, next: count, missed: count })),
  dictionaries: z.array(z.object({ values: z.array(z.string().nullable()), full: z.boolean() })),
});
type Header = z.infer<typeof Header>;

/** @throws CheckpointError CHECKPOINT_WRITE_FAILED; what was there before is intact */
export async function writeState(file: string, { options, sample, coverage }: Monitoring): Promise<void> {
  const { topic, labels, limit, seed } = options;
  const { reservoir, columns, bad, seenLabels } = sample;
  const header: Header = {
    ...{ format: FORMAT, topic, labels: [...labels], limit, seed, offered: reservoir.offered, bad, seenLabels },
    coverage: [...coverage.values()],
    dictionaries: columns.map(({ dictionary: { values, full } }) => ({ values, full })),
  };
  const tensors = columns.map((column, i): [string, TensorSource] => [
    String(i),
    { dtype: 'I16', shape: [reservoir.size], data: () => bytesOf(column, reservoir.size) },
  ]);
  await writeSafetensors(file, new Map(tensors), { [KEY]: JSON.stringify(header) });
}

/**
 * @param options of the monitoring that is to go on; a new one begins where there is no file
 * @throws MonitorError MONITOR_STATE_DIFFERS, MONITOR_STATE_UNUSABLE
 */
export function readState(file: string, options: MonitorOptions): Monitoring {
  if (!existsSync(file)) return newMonitoring(options);
  try {
    const opened = openSafetensors(file);
    const header = Header.parse(JSON.parse(opened.metadata[KEY] ?? 'null'));
    requireSame(file, header, options);
    const { offered, bad, seenLabels } = header;
    const size = Math.min(offered, options.limit);
    const columns = columnNames(options.labels).map((label, i) => {
      const { values, full } = header.dictionaries[i]!;
      const column = new Column(label, new Dictionary(values, full));
      const { data } = opened.tensor(String(i));
      const codes = new Uint16Array(data.buffer.slice(data.byteOffset, data.byteOffset + data.byteLength));
      if (codes.length !== size || !column.restore(codes)) throw unusable(file, `label ${label} does not fit`);
      return column;
    });
    const sample = new StreamSample({ ...options, offered }, { columns, bad, seenLabels });
    return { options, sample, coverage: new Map(header.coverage.map((part) => [part.partition, part])) };
  } catch (cause) {
    if (cause instanceof MonitorError) throw cause;
    if (cause instanceof CheckpointError || cause instanceof z.ZodError || cause instanceof SyntaxError) {
      throw unusable(file, cause instanceof z.ZodError ? z.prettifyError(cause) : messageOf(cause), cause);
    }
    throw cause;
  }
}

function requireSame(file: string, header: Header, options: MonitorOptions): void {
  for (const key of ['topic', 'limit', 'seed', 'labels'] as const) {
    const [was, is] = [String(header[key]), String(options[key])];
    if (was === is) continue;
    const name = key === 'limit' ? 'sample' : key;
    const message = `${file} is of a monitoring with --${name} ${was}, not ${is}: give the same, or another folder for --out.`;
    throw new MonitorError('MONITOR_STATE_DIFFERS', message);
  }
}

function unusable(file: string, problem: string, cause?: unknown): MonitorError {
  const message = `${file} cannot be gone on with: ${problem}. Give another folder for --out, or delete the file to begin anew.`;
  return new MonitorError('MONITOR_STATE_UNUSABLE', message, { cause });
}

async function* bytesOf(column: Column, size: number): AsyncGenerator<Uint8Array> {
  for (const codes of column.codes(size)) yield new Uint8Array(codes.buffer, codes.byteOffset, codes.byteLength);
}
