/** Made-up features in a file as `auspex embed` writes it, some rows at a time: it need not fit into memory. */
import { open } from 'node:fs/promises';

export interface MadeUpFeatures {
  readonly rows: number;
  readonly width: number;
  readonly nameOf: (row: number) => string;
  /** (count, width), of the rows from `first` on; good until the next call. */
  readonly valuesOf: (first: number, count: number) => Float32Array;
}

const ROWS_AT_ONCE = 4096;

export async function writeFeatureFile(file: string, { rows, width, nameOf, valuesOf }: MadeUpFeatures): Promise<void> {
  const names = JSON.stringify(Array.from({ length: rows }, (_, row) => nameOf(row)));
  const features = { dtype: 'F32', shape: [rows, width], data_offsets: [0, rows * width * 4] };
  const text = Buffer.from(JSON.stringify({ __metadata__: { names }, features }));
  const header = Buffer.alloc(Math.ceil(text.length / 8) * 8, ' ');
  text.copy(header);
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(header.length));
  const handle = await open(file, 'w');
  try {
    await handle.write(Buffer.concat([length, header]));
    for (let first = 0; first < rows; first += ROWS_AT_ONCE) {
      const values = valuesOf(first, Math.min(ROWS_AT_ONCE, rows - first));
      await handle.writeFile(new Uint8Array(values.buffer, values.byteOffset, values.byteLength));
    }
    await handle.sync();
  } finally {
    await handle.close();
  }
}
